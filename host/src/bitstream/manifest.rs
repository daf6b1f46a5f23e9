//! `manifest.toml`, as `scripts/manifest.py` writes it.

use super::BitstreamError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Name of the file beside the bitstreams.
pub const MANIFEST: &str = "manifest.toml";

/// What one bitstream was made of and with. Fields that a later script adds are passed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// SHA-256 of the bitstream's bytes, in hexadecimal like all others.
    pub sha256: String,
    /// The board, such as `ULX3S`.
    pub board: String,
    /// The device, such as `LFE5U-85F`.
    pub device: String,
    /// Output-channel lanes.
    pub lanes: u32,
    /// Clock of engine and memory in MHz.
    pub clock_mhz: u32,
    /// [`rowfuse_hdl::identity::source_hash`] of its configuration.
    pub source_sha256: String,
    /// SHA-256 of the Verilog of the whole design.
    pub verilog_sha256: String,
    /// SHA-256 of the constraints.
    pub constraints_sha256: String,
    /// Versions of the tools.
    pub tools: Tools,
    /// Seed of placement.
    pub seed: u64,
    /// Every clock with what it reached and what it needs.
    pub clocks: Vec<Clock>,
    /// Four-input LUTs used.
    pub lut: u64,
    /// Flip-flops used.
    pub ff: u64,
    /// Block memories used.
    pub ebr: u64,
    /// 18×18 multipliers used.
    pub dsp: u64,
    /// The slowest paths, in words.
    pub critical_paths: Vec<String>,
}

/// Versions of the tools that made a bitstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tools {
    /// Yosys.
    pub yosys: String,
    /// nextpnr and ecppack, which come together.
    pub nextpnr: String,
}

/// A clock of the design after place and route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// What it is for.
    pub name: String,
    /// The fastest it may be, MHz.
    pub fmax_mhz: f64,
    /// What it will be, MHz.
    pub required_mhz: f64,
}

impl Clock {
    /// Whether it is fast enough.
    pub fn met(&self) -> bool {
        self.fmax_mhz >= self.required_mhz
    }
}

impl Entry {
    /// Whether every clock is fast enough; without any clock nothing is known, and nothing is met.
    pub fn timing_met(&self) -> bool {
        !self.clocks.is_empty() && self.clocks.iter().all(Clock::met)
    }

    /// What INFO's `source_id` must be on a board with this bitstream: the first 32 bits of `source_sha256`.
    pub fn source_id(&self) -> u32 {
        // A manifest that was read has 64 hexadecimal digits there.
        let digits = self.source_sha256.get(..8).unwrap_or_default();
        u32::from_str_radix(digits, 16).unwrap_or(0)
    }

    /// Names a hash that is none.
    fn bad_hash(&self) -> Option<&'static str> {
        let is_hash = |text: &str| {
            text.len() == 64
                && text
                    .bytes()
                    .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
        };
        [
            ("sha256", &self.sha256),
            ("source_sha256", &self.source_sha256),
            ("verilog_sha256", &self.verilog_sha256),
            ("constraints_sha256", &self.constraints_sha256),
        ]
        .into_iter()
        .find_map(|(name, hash)| (!is_hash(hash)).then_some(name))
    }
}

/// All entries, by the names of their configurations, which are those of the files too.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The file.
    pub path: PathBuf,
    /// Its tables.
    pub entries: BTreeMap<String, Entry>,
}

impl Manifest {
    /// Reads the manifest of a directory.
    ///
    /// # Errors
    /// If there is none, it is not TOML, or an entry lacks a field or has one of another kind.
    pub fn of_directory(directory: &Path) -> Result<Manifest, BitstreamError> {
        let path = directory.join(MANIFEST);
        match std::fs::read_to_string(&path) {
            Ok(text) => Manifest::parse(path, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(BitstreamError::NoManifest { path })
            }
            Err(error) => Err(BitstreamError::File {
                path,
                reason: error.to_string(),
            }),
        }
    }

    /// Reads a manifest's text; `path` is for messages.
    ///
    /// # Errors
    /// If it is not TOML, or an entry lacks a field or has one of another kind.
    pub fn parse(path: PathBuf, text: &str) -> Result<Manifest, BitstreamError> {
        let tables: toml::Table =
            text.parse()
                .map_err(|error: toml::de::Error| BitstreamError::NotToml {
                    path: path.clone(),
                    reason: error.to_string().trim_end().to_owned(),
                })?;
        let mut entries = BTreeMap::new();
        for (config, table) in tables {
            let bad = |reason: String| BitstreamError::Entry {
                path: path.clone(),
                config: config.clone(),
                reason,
            };
            let entry: Entry = table
                .try_into()
                .map_err(|error: toml::de::Error| bad(error.message().to_owned()))?;
            if let Some(name) = entry.bad_hash() {
                return Err(bad(format!("`{name}` is not a SHA-256 in hexadecimal")));
            }
            entries.insert(config, entry);
        }
        Ok(Manifest { path, entries })
    }
}
