//! Modules are asked of a rowfuse that was built without them.

use crate::support::{outcome, temporary};

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
