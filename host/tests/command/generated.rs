//! `completions` and `man`: made of the same definitions as `--help`.

use crate::support::{rowfuse, temporary};
use std::path::Path;
use std::process::Command;

/// What a command that must succeed prints.
fn stdout(directory: &Path, arguments: &[&str]) -> String {
    let output = rowfuse(directory, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The long flags that a verb's `--help` names at the beginning of a line.
fn flags(help: &str) -> Vec<String> {
    let line = |line: &str| {
        let start = line
            .trim_start()
            .strip_prefix("--")
            .or_else(|| line.trim_start().get(4..)?.strip_prefix("--"))?;
        let end = start
            .find(|c: char| !c.is_ascii_lowercase() && c != '-')
            .unwrap_or(start.len());
        Some(format!("--{}", &start[..end]))
    };
    help.lines()
        .filter(|text| text.trim_start().starts_with('-'))
        .filter_map(line)
        .collect()
}

/// The words of a verb, from its page's name.
fn verbs(directory: &Path) -> Vec<Vec<String>> {
    let text = stdout(directory, &["--help"]);
    let commands = text
        .split("Commands:")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    let names = commands
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<String> = names
        .filter_map(|line| line.split_whitespace().next().map(String::from))
        .collect();
    let mut verbs: Vec<Vec<String>> = names
        .into_iter()
        .filter(|name| name != "help")
        .map(|name| vec![name])
        .collect();
    verbs.push(vec!["model".into(), "new".into()]);
    verbs
}

#[test]
fn every_verb_has_a_page_with_all_its_flags() {
    let directory = temporary();
    let path = directory.path();
    let said = stdout(path, &["man", "pages/man1", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let verbs = verbs(path);
    assert!(verbs.len() > 10, "{verbs:?}");
    assert_eq!(
        said["result"]["pages"].as_array().unwrap().len(),
        verbs.len() + 1
    );
    for words in std::iter::once(Vec::new()).chain(verbs) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let name = [&["rowfuse"], &words[..]].concat().join("-");
        let page = std::fs::read_to_string(path.join(format!("pages/man1/{name}.1"))).unwrap();
        let page = page.replace("\\-", "-");
        let flags = flags(&stdout(path, &[&words[..], &["--help"]].concat()));
        for common in ["--json", "--board", "--help"] {
            assert!(flags.iter().any(|flag| flag == common), "{name}: {flags:?}");
        }
        for flag in flags {
            assert!(page.contains(&flag), "{flag} in {name}");
        }
    }
    assert!(stdout(path, &["man"]).contains(".SH SYNOPSIS"));
}

#[test]
fn pages_go_nowhere_else() {
    let directory = temporary();
    std::fs::write(directory.path().join("file"), "").unwrap();
    let output = rowfuse(directory.path(), &["man", "file"]);
    assert_eq!(output.status.code(), Some(5));
}

#[test]
fn every_shell_has_its_completions() {
    let directory = temporary();
    let path = directory.path();
    let mut scripts = Vec::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = stdout(path, &["completions", shell]);
        for word in ["rowfuse", "completions", "line-rate", "selftest"] {
            assert!(script.contains(word), "{word} for {shell}");
        }
        assert!(!scripts.contains(&script), "{shell} is another's");
        scripts.push(script);
    }
    std::fs::write(path.join("rowfuse.bash"), &scripts[0]).unwrap();
    let bash = Command::new("bash")
        .args(["-n", "rowfuse.bash"])
        .current_dir(path)
        .output()
        .unwrap();
    assert!(bash.status.success() && bash.stderr.is_empty(), "{bash:?}");
    assert_eq!(
        rowfuse(path, &["completions", "dos"]).status.code(),
        Some(2)
    );
}
