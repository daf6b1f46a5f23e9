//! Recordings, read back.

use super::*;
use crate::verilator::{Direction, Port};
use std::fs;

#[test]
fn a_recording_is_whole_or_refused() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(directory.path().join(name), bytes).unwrap();
    write("name", b"adder");
    write("design.v", b"module top; endmodule");
    write(
        "ports.tsv",
        b"clock\t1\tclock\ninput\t40\ta$b\noutput\t8\tq\n",
    );
    write("9-0.in", &[1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 1, 0, 0]);
    write("9-0.out", &[5, 0, 0, 0, 6, 0, 0, 0]);
    let recorded = Recorded::read(directory.path()).unwrap();
    assert_eq!((recorded.name.as_str(), recorded.cycles()), ("adder", 2));
    assert_eq!(recorded.ports[1], Port::input("a$b", 40));
    assert_eq!(recorded.words(Direction::Input), 2);
    assert_eq!(recorded.runs[0].inputs, [1, 2, 3, 260]);
    assert_eq!(recorded.runs[0].outputs, [5, 6]);
    write("9-0.out", &[5, 0, 0, 0]);
    let error = Recorded::read(directory.path()).unwrap_err().to_string();
    assert!(
        error.contains("9-0.in") && error.contains("different length"),
        "{error}"
    );
    write("ports.tsv", b"inout 1 x\n");
    let error = Recorded::read(directory.path()).unwrap_err().to_string();
    assert!(error.contains("ports.tsv"), "{error}");
}
