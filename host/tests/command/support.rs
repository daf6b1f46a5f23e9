//! Starts the command in a directory of its own.

use rowfuse_spec::config::{preset, Device};
use rowfuse_spec::EngineConfig;
use serde_json::Value;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::process::{Child, Command, Output};
use std::sync::mpsc;
use std::time::Duration;
use tempfile::TempDir;

/// The command, to be run in a directory.
pub fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rowfuse"));
    command.current_dir(directory).args(arguments);
    command
}

/// A program that is killed after two minutes, so that whoever waits for it fails instead of waiting for ever.
pub struct Limited {
    child: Child,
    // Its end tells the watching thread that nobody waits any more.
    _waited_for: mpsc::Sender<()>,
}

impl Limited {
    /// Watches a program from now on.
    pub fn new(child: Child) -> Limited {
        let (sender, waited_for) = mpsc::channel();
        let id = child.id().to_string();
        std::thread::spawn(move || {
            let limit = Duration::from_secs(120);
            if waited_for.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
                let _ = Command::new("kill").args(["-KILL", &id]).status();
            }
        });
        Limited {
            child,
            _waited_for: sender,
        }
    }
}

impl Deref for Limited {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.child
    }
}

impl DerefMut for Limited {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.child
    }
}

/// What comes of the command when nobody disturbs it.
pub fn rowfuse(directory: &Path, arguments: &[&str]) -> Output {
    command(directory, arguments).output().unwrap()
}

/// An empty directory.
pub fn temporary() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The path of a photograph.
pub fn photograph() -> String {
    format!("{}/../testbench/data/china.jpg", env!("CARGO_MANIFEST_DIR"))
}

/// A directory with a quantised tiny network, `network`, for images of that side, and a photograph's path.
pub fn prepared(side: u32) -> (TempDir, String) {
    let (directory, image, side) = (temporary(), photograph(), side.to_string());
    let path = directory.path();
    let new = ["model", "new", "--arch", "tiny", "-o", "float"];
    assert!(rowfuse(path, &new).status.success());
    let quantize = [
        "quantize", "-m", "float", "-o", "network", "--size", &side, &image,
    ];
    assert!(rowfuse(path, &quantize).status.success());
    (directory, image)
}

/// The `result`, or the `error`, of a verb on `small-4` that must end with that exit code.
pub fn outcome(directory: &Path, arguments: &[&str], exit: i32) -> Value {
    let common = ["--json", "--config", "small-4"];
    let output = rowfuse(directory, &[arguments, &common].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(exit), "{text}");
    let mut document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["command"], arguments[0]);
    document[if exit == 0 { "result" } else { "error" }].take()
}

/// Writes the smallest engine for a module to a file; its name.
pub fn module_configuration(directory: &Path) -> &'static str {
    let config = EngineConfig {
        name: "tiny-in-a-module".into(),
        device: Device::xc7a50t(),
        ..preset("tiny-1").unwrap()
    };
    let text = toml::to_string(&config).unwrap();
    std::fs::write(directory.join("module.toml"), text).unwrap();
    "module.toml"
}
