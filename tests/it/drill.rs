//! The drill, as an operator runs it.

use std::process::{Command, Output};

use featurebase_bouncer::demo::STARTER_RULES;

fn drill(policy: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules");
    std::fs::create_dir_all(rules.join("lists")).unwrap();
    for (name, text) in STARTER_RULES
        .iter()
        .filter(|(name, _)| *name != "policy.toml")
    {
        std::fs::write(rules.join(name), text).unwrap();
    }
    std::fs::write(rules.join("policy.toml"), policy).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_bouncer"))
        .arg("drill")
        .args(arguments)
        .env("BOUNCER_RULES_DIR", &rules)
        .env("BOUNCER_DATA_DIR", folder.path().join("data"))
        // Whatever is said here, a drill does not go there.
        .env("BOUNCER_BASE_URL", "http://127.0.0.1:9")
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        !folder.path().join("data").exists(),
        "the data folder is not touched"
    );
    output
}

#[test]
fn a_drill_tells_when_the_brake_tripped_and_what_had_got_through() {
    let policy = "[policy]\nbrake.per_rule = { blocks = 4, within = \"10m\" }\n";
    let output = drill(policy, &["--senders", "12", "--every", "2s", "--json"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{shown}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let wave = &report["scenes"][0];
    assert_eq!(
        (
            &wave["senders"],
            &wave["blocked"],
            &wave["held"],
            &wave["told"]
        ),
        (&12.into(), &4.into(), &8.into(), &1.into()),
        "{shown}"
    );
    assert_eq!(wave["tripped"]["rule"], "drill/wave");
    assert_eq!(
        (
            &wave["tripped"]["after_messages"],
            &wave["tripped"]["after_seconds"],
            &wave["tripped"]["after_blocks"]
        ),
        (&5.into(), &10.into(), &4.into())
    );
    let wrong = &report["scenes"][1];
    assert_eq!(
        (&wrong["blocked"], &wrong["told"]),
        (&4.into(), &1.into()),
        "{shown}"
    );
}

#[test]
fn a_drill_in_which_no_brake_trips_fails() {
    let policy = "[policy]\nbrake.per_rule = { blocks = 400, within = \"10m\" }\nbrake.total = { blocks = 400, within = \"10m\" }\n";
    let output = drill(policy, &["--senders", "5"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(
        shown.contains("NO brake tripped") && shown.contains("NOT well"),
        "{shown}"
    );
}
