use super::*;
use crate::fault::Fault;
use proptest::prelude::*;

fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(vec![1; data]);
    bytes
}

fn read(bytes: &[u8]) -> Result<Header, WeightsError> {
    Header::read(
        &mut &bytes[..],
        bytes.len() as u64,
        Path::new("a.safetensors"),
    )
}

fn code(header: &str, data: usize) -> &'static str {
    let error = read(&file(header, data)).unwrap_err();
    assert!(error.to_string().contains("a.safetensors") && !error.help().is_empty());
    error.code()
}

const GOOD: &str = r#"{"__metadata__":{"k":"v"},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}  "#;

#[test]
fn a_good_header_is_read() {
    let header = read(&file(GOOD, 11)).unwrap();
    assert_eq!(header.metadata["k"], "v");
    let start = 8 + GOOD.len() as u64;
    let a = TensorInfo {
        dtype: Dtype::F32,
        shape: vec![1, 2],
        offset: start,
        bytes: 8,
    };
    let b = TensorInfo {
        dtype: Dtype::U8,
        shape: vec![3],
        offset: start + 8,
        bytes: 3,
    };
    assert_eq!(header.tensors["a"], a);
    assert_eq!(header.tensors["b"], b);
}

#[test]
fn every_truncation_is_refused() {
    let bytes = file(GOOD, 11);
    for length in 0..bytes.len() {
        let error = read(&bytes[..length]).unwrap_err();
        assert_eq!(error.code(), "weights.truncated", "{length}: {error}");
    }
}

#[test]
fn a_claimed_length_beyond_file_or_limit_allocates_nothing() {
    for (length, expected) in [
        (GOOD.len() as u64 + 12, "weights.truncated"),
        (MAX_HEADER_BYTES, "weights.truncated"),
        (MAX_HEADER_BYTES + 1, "weights.header_too_large"),
        (u64::MAX, "weights.header_too_large"),
    ] {
        let mut bytes = file(GOOD, 11);
        bytes[..8].copy_from_slice(&length.to_le_bytes());
        assert_eq!(read(&bytes).unwrap_err().code(), expected);
    }
}

#[test]
fn hostile_headers_are_refused() {
    let tensor = |dtype: &str, shape: &str, offsets: &str| {
        format!(r#"{{"a":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#)
    };
    let cases = [
        (String::new(), 0, "weights.header_syntax"),
        ("[]".into(), 0, "weights.header_syntax"),
        ("{".repeat(100_000), 0, "weights.header_syntax"),
        ("[".repeat(100_000), 0, "weights.header_syntax"),
        (
            r#"{"a":{"dtype":"F32"}}"#.into(),
            0,
            "weights.header_syntax",
        ),
        (
            r#"{"a":{"text":"tensor"}}"#.into(),
            0,
            "weights.header_syntax",
        ),
        (
            r#"{"__metadata__":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#.into(),
            4,
            "weights.header_syntax",
        ),
        (tensor("F32", "[-1]", "[0,4]"), 4, "weights.header_syntax"),
        (tensor("F32", "[1.5]", "[0,6]"), 6, "weights.header_syntax"),
        (tensor("F33", "[1]", "[0,4]"), 4, "weights.unknown_dtype"),
        (
            tensor("F32", "[4294967296,4294967296]", "[0,0]"),
            0,
            "weights.absurd_shape",
        ),
        (
            tensor("F32", "[18446744073709551615]", "[0,4]"),
            4,
            "weights.absurd_shape",
        ),
        (
            tensor("F32", "[0,18446744073709551615]", "[0,0]"),
            0,
            "weights.absurd_shape",
        ),
        (
            tensor("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]"),
            4,
            "weights.absurd_shape",
        ),
        (tensor("F32", "[1]", "[4,0]"), 4, "weights.range"),
        (tensor("F32", "[2]", "[0,4]"), 4, "weights.range"),
        (
            tensor("F32", "[1]", "[18446744073709551611,18446744073709551615]"),
            4,
            "weights.range",
        ),
        (tensor("F32", "[1]", "[4,8]"), 8, "weights.layout"),
        (tensor("F32", "[2]", "[0,8]"), 4, "weights.truncated"),
        (
            tensor("U8", "[9223372036854775000]", "[0,9223372036854775000]"),
            4,
            "weights.truncated",
        ),
        (tensor("F32", "[1]", "[0,4]"), 5, "weights.trailing_bytes"),
    ];
    for (header, data, expected) in cases {
        assert_eq!(
            code(&header, data),
            expected,
            "{}",
            &header[..header.len().min(90)]
        );
    }
}

#[test]
fn overlap_and_duplicates_are_refused_by_name() {
    let overlap = r#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#;
    let error = read(&file(overlap, 6)).unwrap_err();
    assert_eq!(error.code(), "weights.layout");
    assert!(
        error.to_string().contains("tensor b begins at byte 2"),
        "{error}"
    );
    let twice = r#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#;
    let error = read(&file(twice, 8)).unwrap_err();
    assert_eq!(error.to_string(), "a.safetensors: the header names a twice");
    assert_eq!(
        code(r#"{"__metadata__":{"k":"v","k":"w"}}"#, 0),
        "weights.duplicate_name"
    );
    assert_eq!(
        code(r#"{"__metadata__":{"k":"v"},"__metadata__":{"l":"w"}}"#, 0),
        "weights.duplicate_name"
    );
}

proptest! {
    /// Whatever the bytes, the answer is a header inside the file or an error, never a panic.
    #[test]
    fn noise_never_panics(noise in prop::collection::vec(any::<u8>(), 0..200), at in 0usize..180, flip in any::<u8>()) {
        let _ = read(&noise);
        let mut bytes = file(GOOD, 11);
        let at = at % bytes.len();
        bytes[at] ^= flip;
        if let Ok(header) = read(&bytes) {
            for info in header.tensors.values() {
                prop_assert!(info.offset + info.bytes as u64 <= bytes.len() as u64);
            }
        }
    }
}
