use super::*;
use ndarray::Array3;
use ndarray_npy::WriteNpyExt;
use proptest::prelude::*;
use std::fs::File;

fn header(major: u8, text: &str) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend([major, 0]);
    match major {
        1 => bytes.extend((text.len() as u16).to_le_bytes()),
        _ => bytes.extend((text.len() as u32).to_le_bytes()),
    }
    bytes.extend(text.bytes());
    bytes
}

fn refusal(bytes: Vec<u8>) -> String {
    let error = parse(bytes, "a.npy").unwrap_err();
    assert!(!error.help().is_empty() && error.exit() == crate::fault::Exit::Input);
    error.to_string()
}

const TEXT: &str = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n";

#[test]
fn what_numpy_writes_is_read() {
    for major in [1, 2, 3] {
        let mut bytes = header(major, TEXT);
        bytes.extend(0..6);
        let found = parse(bytes, "a.npy").unwrap();
        assert_eq!((&found.shape[..], &found.dtype[..]), (&[2, 3][..], "|u1"));
        assert_eq!(found.data, [0, 1, 2, 3, 4, 5]);
    }
    // As numpy.save(…, numpy.int64(7)) gives it.
    let mut bytes = header(
        1,
        "{'descr': '<i8', 'fortran_order': False, 'shape': (), }\n",
    );
    bytes.extend(7u64.to_le_bytes());
    assert_eq!(parse(bytes, "a.npy").unwrap().shape, [0; 0]);
}

#[test]
fn what_is_none_is_refused_with_its_reason() {
    let of = |text: &str| refusal(header(1, text));
    let entry = |from: &str, to: &str| of(&TEXT.replace(from, to));
    assert!(refusal(b"PK\x03\x04".to_vec()).contains("does not begin as one"));
    assert!(refusal(b"\x93NUM".to_vec()).contains("does not begin as one"));
    assert!(refusal(b"\x93NUMPY\x01".to_vec()).contains("does not begin as one"));
    assert!(refusal(header(4, TEXT)).contains("version 4"));
    assert!(refusal(header(1, TEXT)[..60].to_vec()).contains("ends within its header"));
    assert!(refusal(header(2, TEXT)[..11].to_vec()).contains("ends within its header"));
    assert!(of("{'descr': '|u1'").contains("no Python dictionary"));
    assert!(of("[1, 2]").contains("no Python dictionary"));
    assert!(entry("'shape'", "'Shape'").contains("no entry shape"));
    assert!(entry("False", "True").contains("fortran_order"));
    assert!(entry("(2, 3)", "(2, -3)").contains("not a tuple of sizes"));
    assert!(entry("(2, 3)", "(2, 99999999999999999999999)").contains("not a tuple of sizes"));
    assert!(entry("(2, 3)", "2").contains("not a tuple of sizes"));
    assert!(entry("'|u1'", "'|ux'").contains("is not known"));
    assert!(entry("'|u1'", "'€'").contains("is not known"));
    assert!(entry("'|u1'", "'|u0'").contains("is not known"));
    assert!(entry("'|u1'", "[('a', '|u1')]").contains("several types"));
    assert!(of(&format!("{TEXT}{}", " ".repeat(MAX_HEADER))).contains("the limit is"));
}

#[test]
fn lengths_must_be_those_of_the_shape() {
    let text = refusal(header(1, TEXT));
    assert!(
        text.contains("[2, 3] needs 6 bytes of data, found 0"),
        "{text}"
    );
    let mut longer = header(1, TEXT);
    longer.extend(0..7);
    assert!(refusal(longer).contains("found 7"));
    let max = usize::MAX;
    for shape in [
        format!("({max}, {max})"),
        format!("(0, {max}, {max})"),
        format!("({max}, {max}, 0)"),
        format!("({max},)"),
    ] {
        let bytes = header(1, &TEXT.replace("(2, 3)", &shape));
        // Without values any shape may claim to be whole.
        if let Ok(found) = parse(bytes, "a.npy") {
            assert!(shape.contains('0') && found.data.is_empty(), "{shape}");
        }
    }
}

/// These would take a recursive parser for ages, or its whole stack.
#[test]
fn nested_brackets_are_not_followed() {
    for unit in ["(", "[", "{", "{0:", "(')',", "{')': ("] {
        let text = unit.repeat(MAX_HEADER / unit.len());
        assert!(refusal(header(1, &text)).contains("damaged"), "{unit}");
    }
}

#[test]
fn files_that_are_none_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(read(directory.path()), Err(NpyError::Io { .. })));
    let missing = directory.path().join("missing.npy");
    assert!(matches!(read(&missing), Err(NpyError::Io { .. })));
    let long = directory.path().join("long.npy");
    let file = File::create(&long).unwrap();
    file.set_len(MAX_BYTES + 1).unwrap();
    assert!(matches!(read(&long), Err(NpyError::TooLarge { .. })));
}

proptest! {
    #[test]
    fn arrays_come_back_as_they_were_written(shape in (0usize..4, 0usize..5, 0usize..6), seed: u8) {
        let array = Array3::from_shape_fn(shape, |(a, b, c)| seed.wrapping_mul((a * 30 + b * 6 + c) as u8));
        let mut bytes = Vec::new();
        array.write_npy(&mut bytes).unwrap();
        let found = parse(bytes, "a.npy").unwrap();
        prop_assert_eq!(found.shape, [shape.0, shape.1, shape.2]);
        prop_assert_eq!(found.data, array.into_raw_vec_and_offset().0);
    }

    /// Whatever is changed in a header, the answer is an array or an error.
    #[test]
    fn mutations_neither_panic_nor_hang(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), cut in any::<prop::sample::Index>(), ends: bool,
    ) {
        let mut bytes = header(1, TEXT);
        bytes.extend(0..6);
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if ends {
            bytes.truncate(cut.index(bytes.len()));
        }
        let given = bytes.len();
        if let Ok(found) = parse(bytes, "a.npy") {
            prop_assert!(found.data.len() < given);
        }
    }
}
