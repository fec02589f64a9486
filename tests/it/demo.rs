//! The demo, as a newcomer runs it.

use std::process::Command;

#[test]
fn the_demo_plays_to_its_end_and_its_commands_work() {
    let output = Command::new(env!("CARGO_BIN_EXE_bouncer"))
        .args(["demo", "--pace", "5"])
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{shown}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for part in [
        "BLOCKED",
        "HELD",
        "UNBLOCKED",
        "9 contacts blocked, each once; 9 tried to write again and could not",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    let setting = |name: &str| {
        let rest = shown.split_once(&format!("{name}=")).unwrap().1;
        rest.split_whitespace().next().unwrap().to_owned()
    };
    let (data, rules) = (setting("BOUNCER_DATA_DIR"), setting("BOUNCER_RULES_DIR"));
    let commands: Vec<Vec<&str>> = shown
        .lines()
        .filter_map(|line| line.trim().strip_prefix(env!("CARGO_BIN_EXE_bouncer")))
        .map(|line| line.split('#').next().unwrap().trim())
        .filter(|line| !line.contains('"'))
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(commands.len(), 5, "{shown}");
    for arguments in commands {
        let output = Command::new(env!("CARGO_BIN_EXE_bouncer"))
            .args(&arguments)
            .env("BOUNCER_DATA_DIR", &data)
            .env("BOUNCER_RULES_DIR", &rules)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(!output.stdout.is_empty(), "{arguments:?}");
    }
    let folder = std::path::Path::new(&data).parent().unwrap().to_owned();
    assert!(folder.starts_with(std::env::temp_dir()));
    std::fs::remove_dir_all(folder).unwrap();
}
