//! Which module is meant.

use super::open::choose;
use super::FrontPanelError;

#[test]
fn the_module_asked_for_or_the_only_one() {
    let found = |serials: &[&str]| serials.iter().map(|&serial| serial.to_owned()).collect();
    assert_eq!(choose(found(&["A"]), None), Ok("A".into()));
    assert_eq!(choose(found(&["A", "B"]), Some("B")), Ok("B".into()));
    assert_eq!(choose(found(&[]), None), Err(FrontPanelError::NoModule));
    let error = choose(found(&["A", "B"]), None).unwrap_err();
    assert_eq!(error.to_string(), "2 modules are connected: A, B");
    let error = choose(found(&["A"]), Some("C")).unwrap_err().to_string();
    assert_eq!(error, "the module C is not connected; connected are A");
    let error = choose(found(&[]), Some("C")).unwrap_err().to_string();
    assert!(error.ends_with("no other one is"), "{error}");
}
