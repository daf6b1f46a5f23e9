//! Element types of safetensors files.

/// An element type; the names are those of the file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // The variants are the format's own names.
pub enum Dtype {
    F64,
    F32,
    F16,
    Bf16,
    F8E4m3,
    F8E5m2,
    I64,
    I32,
    I16,
    I8,
    U64,
    U32,
    U16,
    U8,
    Bool,
}

impl Dtype {
    const NAMES: [(&'static str, Dtype, usize); 15] = [
        ("F64", Dtype::F64, 8),
        ("F32", Dtype::F32, 4),
        ("F16", Dtype::F16, 2),
        ("BF16", Dtype::Bf16, 2),
        ("F8_E4M3", Dtype::F8E4m3, 1),
        ("F8_E5M2", Dtype::F8E5m2, 1),
        ("I64", Dtype::I64, 8),
        ("I32", Dtype::I32, 4),
        ("I16", Dtype::I16, 2),
        ("I8", Dtype::I8, 1),
        ("U64", Dtype::U64, 8),
        ("U32", Dtype::U32, 4),
        ("U16", Dtype::U16, 2),
        ("U8", Dtype::U8, 1),
        ("BOOL", Dtype::Bool, 1),
    ];

    /// The type of that name in a header.
    pub fn from_name(name: &str) -> Option<Dtype> {
        Dtype::NAMES
            .iter()
            .find(|entry| entry.0 == name)
            .map(|entry| entry.1)
    }

    /// Its name in a header.
    pub fn name(self) -> &'static str {
        Dtype::NAMES[self as usize].0
    }

    /// Bytes of an element.
    pub fn bytes(self) -> usize {
        Dtype::NAMES[self as usize].2
    }
}

impl std::fmt::Display for Dtype {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_variants() {
        for (name, dtype, bytes) in Dtype::NAMES {
            assert_eq!((dtype.name(), dtype.bytes()), (name, bytes));
            assert_eq!(Dtype::from_name(name), Some(dtype));
        }
        assert_eq!(Dtype::from_name("f32"), None);
    }
}
