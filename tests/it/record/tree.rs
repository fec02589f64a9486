//! The tree and the signatures against values others have published.

use featurebase_bouncer::proof::note::{Checkpoint, Note, PublicKey, SigningKey};
use featurebase_bouncer::proof::tree::{Tree, leaf};

/// Of the tests of Certificate Transparency's reference implementation.
const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn roots_are_those_of_rfc_6962_also_when_a_tree_is_taken_up_again() {
    let mut tree = Tree::default();
    for (number, (bytes, root)) in LEAVES.iter().zip(ROOTS).enumerate() {
        tree.push(leaf(&hex::decode(bytes).unwrap()));
        assert_eq!(hex::encode(tree.root()), root, "of {} leaves", number + 1);
        let again = Tree::of_edge(tree.size(), &tree.edge()).unwrap();
        assert_eq!(again, tree);
        assert_eq!(
            Tree::of_edge(tree.size() + 1, &tree.edge()).is_some(),
            (number + 2).count_ones() == (number + 1).count_ones()
        );
    }
}

#[test]
fn keys_are_written_as_other_tools_for_signed_notes_write_them() {
    // The key in the documentation of Go's package for such notes.
    let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert_eq!(PublicKey::parse(text).unwrap().to_string(), text);
    for damaged in [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumenn+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
    ] {
        PublicKey::parse(damaged).unwrap_err();
    }
}

#[test]
fn a_checkpoint_is_read_as_it_was_signed_and_not_otherwise() {
    let (key, other) = (
        SigningKey::generate("a").unwrap(),
        SigningKey::generate("a").unwrap(),
    );
    let again = SigningKey::parse(&key.reveal()).unwrap();
    assert_eq!(again.public(), key.public());
    assert!(!format!("{key:?}").contains(key.reveal().trim().rsplit('+').next().unwrap()));
    for next in [None, Some(other.public().clone())] {
        let checkpoint = Checkpoint {
            origin: "a".to_owned(),
            size: 7,
            root: leaf(b"x"),
            next,
        };
        let note = checkpoint.sign(&[&again]);
        let read = Note::parse(&note).unwrap();
        assert_eq!(read.checkpoint, checkpoint);
        assert!(read.is_signed_by(key.public()) && !read.is_signed_by(other.public()));
        for (from, to) in [
            ("\n7\n", "\n8\n"),
            ("\n7\n", "\n07\n"),
            ("a\n", "b\n"),
            ("\n\n", "\nmore\n\n"),
        ] {
            let changed = note.replacen(from, to, 1);
            let signed = Note::parse(&changed).is_ok_and(|read| read.is_signed_by(key.public()));
            assert!(!signed, "{changed}");
        }
    }
}
