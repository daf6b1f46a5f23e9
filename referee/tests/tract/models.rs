//! The models of the host's tests.

use safetensors::SafeTensors;
use std::path::{Path, PathBuf};

/// Models whose names begin like that, with what onnxruntime made of them beside.
pub fn models(begin: &[&str]) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/tests/data/onnx");
    let entries = std::fs::read_dir(directory).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        begin.iter().any(|begin| name.starts_with(begin)) && name.ends_with(".onnx")
    });
    assert!(!paths.is_empty());
    paths.sort();
    paths
}

/// A tensor that lies beside a model: its shape and its bytes.
pub fn beside(path: &Path, name: &str) -> (Vec<usize>, Vec<u8>) {
    let bytes = std::fs::read(path.with_extension("safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = tensors.tensor(name).unwrap();
    (tensor.shape().to_vec(), tensor.data().to_vec())
}

pub fn floats(bytes: &[u8]) -> Vec<f32> {
    let values = bytes.chunks_exact(4);
    values
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect()
}
