//! Programs in text: each command's bytes in hexadecimal.

use rowfuse_spec::command::COMMAND_BYTES;
use serde::{de::Error, Deserialize, Deserializer, Serializer};

/// One string a command.
pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(bytes.chunks(COMMAND_BYTES).map(to_text))
}

/// The inverse of [`serialize`].
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let mut bytes = Vec::new();
    for text in Vec::<String>::deserialize(deserializer)? {
        let command = from_text(&text).filter(|command| command.len() == COMMAND_BYTES);
        bytes.extend(command.ok_or_else(|| {
            D::Error::custom(format!(
                "'{text}' is not {COMMAND_BYTES} bytes in hexadecimal"
            ))
        })?);
    }
    Ok(bytes)
}

/// Bytes in hexadecimal.
pub(super) fn to_text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_text(text: &str) -> Option<Vec<u8>> {
    let digits = text.bytes().map(|digit| char::from(digit).to_digit(16));
    let digits: Vec<u32> = digits.collect::<Option<_>>()?;
    let pair = |pair: &[u32]| (pair.len() == 2).then(|| (pair[0] << 4 | pair[1]) as u8);
    digits.chunks(2).map(pair).collect()
}
