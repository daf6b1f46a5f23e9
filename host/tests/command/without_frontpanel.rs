//! Modules are asked of a rowfuse that was built without them.

use crate::support::{module_configuration, outcome, rowfuse, temporary};

#[test]
fn it_says_how_to_get_it() {
    let directory = temporary();
    for arguments in [
        &["info", "--board", "ok"][..],
        &["info", "--board", "ok:SERIAL"],
        &["selftest", "--board", "ok:SERIAL"],
    ] {
        let error = outcome(directory.path(), arguments, 3);
        assert_eq!(error["code"], "frontpanel.absent");
        assert!(error["help"]
            .as_str()
            .unwrap()
            .contains("--features frontpanel"));
    }
    let list = outcome(directory.path(), &["list"], 0);
    assert_eq!(list["modules"], serde_json::json!([]));
}

#[test]
fn its_system_is_not_simulated_as_anothers() {
    let directory = temporary();
    let path = directory.path();
    let config = module_configuration(path);
    for board in ["gateware", "verilated"] {
        let output = rowfuse(path, &["selftest", "--board", board, "--config", config]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_ne!(output.status.code(), Some(0));
        assert!(text.contains("--features frontpanel"), "{text}");
    }
    let functional = ["selftest", "--cases", "1", "--config", config];
    assert_eq!(rowfuse(path, &functional).status.code(), Some(0));
}
