//! The maps of a run as npy files with an index, in a directory that appears whole or not at all.

use crate::atomic::AtomicDirectory;
use crate::fault::{Exit, Fault};
use crate::plan::Plan;
use crate::quantise::QuantisedConv;
use crate::run::Event;
use ndarray::Array3;
use ndarray_npy::WriteNpyExt;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

/// Format of the index.
pub const SCHEMA: u32 = 1;
/// Name of the index.
pub const INDEX: &str = "index.json";

/// What a dump holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The network.
    pub network: String,
    /// The engine's configuration.
    pub config: String,
    /// The kind of board.
    pub board: String,
    /// The map that the first convolution read.
    pub input: MapFile,
    /// Every group that ran, in order.
    pub groups: Vec<GroupFiles>,
}

/// A map: uint8, channels × rows × columns. A value `q` stands for `(q − zero_point)·scale`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapFile {
    /// The file's name within the directory.
    pub file: String,
    /// Channels, rows, columns.
    pub shape: [usize; 3],
    /// One step.
    pub scale: f32,
    /// The value of zero.
    pub zero_point: u8,
}

/// What came of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupFiles {
    /// The names of the group's convolutions.
    pub layers: Vec<String>,
    /// What the board gave.
    pub output: MapFile,
    /// What the golden model gave, if it was asked.
    pub expected: Option<MapFile>,
    /// Values that differ, if they were compared.
    pub mismatches: Option<u64>,
}

impl Index {
    fn files(&self) -> impl Iterator<Item = &str> {
        let of_groups = self.groups.iter();
        let files =
            of_groups.flat_map(|group| std::iter::once(&group.output).chain(&group.expected));
        std::iter::once(&self.input)
            .chain(files)
            .map(|map| map.file.as_str())
    }
}

/// A dump being written. Dropped without [`Dump::commit`] it leaves nothing.
#[derive(Debug)]
pub struct Dump {
    directory: AtomicDirectory,
    target: PathBuf,
    input: Option<MapFile>,
    groups: Vec<GroupFiles>,
}

impl Dump {
    /// Begins a dump that will be the directory `target`, which must be empty or absent unless `force` is set.
    ///
    /// # Errors
    /// If it is neither, or nothing can be written beside it.
    pub fn create(target: &Path, force: bool) -> Result<Dump, DumpError> {
        let failed = |error| DumpError::new(target, error);
        let used = match std::fs::read_dir(target) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(failed(error)),
        };
        if used && !force {
            return Err(DumpError::NotEmpty(target.to_owned()));
        }
        Ok(Dump {
            directory: AtomicDirectory::create(target).map_err(failed)?,
            target: target.to_owned(),
            input: None,
            groups: Vec::new(),
        })
    }

    /// Keeps the map that the first convolution, `first`, reads.
    pub fn input(&mut self, map: &Array3<u8>, first: &QuantisedConv) -> Result<(), DumpError> {
        let written = self.map(
            "input.npy".into(),
            map,
            first.input_scale,
            first.input_zero_point,
        )?;
        self.input = Some(written);
        Ok(())
    }

    /// Keeps what an [`Event::End`] says; other events say nothing. `layers` are those that run, from the first
    /// group's first on.
    pub fn group(&mut self, layers: &[QuantisedConv], event: &Event<'_>) -> Result<(), DumpError> {
        let Event::End {
            index,
            result,
            output,
            expected,
        } = event
        else {
            return Ok(());
        };
        // A run that began again begins at the first group.
        self.groups.truncate(*index);
        let before: usize = self.groups.iter().map(|group| group.layers.len()).sum();
        let mut of_group = layers.iter().skip(before).take(result.layers);
        let names = of_group.clone().map(|layer| layer.name.clone()).collect();
        let last = of_group.next_back();
        let (scale, zero_point) = last.map_or((1.0, 0), |layer| {
            (layer.output_scale, layer.output_zero_point)
        });
        let number = index + 1;
        // Layers' names come from files of others and need not be good names for files.
        let output = self.map(
            format!("group-{number}.output.npy"),
            output,
            scale,
            zero_point,
        )?;
        let expected = match expected {
            Some(map) => {
                let file = format!("group-{number}.expected.npy");
                Some(self.map(file, map, scale, zero_point)?)
            }
            None => None,
        };
        self.groups.push(GroupFiles {
            layers: names,
            output,
            expected,
            mismatches: result.mismatches,
        });
        Ok(())
    }

    /// Writes the index and moves everything to its place. Files of an earlier dump there are removed.
    pub fn commit(self, plan: &Plan, board: &str) -> Result<(), DumpError> {
        let failed = |error| DumpError::new(&self.target, error);
        let input = self
            .input
            .ok_or_else(|| failed(io::Error::other("nothing ran")))?;
        let index = Index {
            schema: SCHEMA,
            network: plan.network.clone(),
            config: plan.config.name.clone(),
            board: board.into(),
            input,
            groups: self.groups,
        };
        let text = serde_json::to_string_pretty(&index).map_err(|error| failed(error.into()))?;
        let path = self.directory.path().join(INDEX);
        std::fs::write(path, text + "\n").map_err(failed)?;
        let earlier = std::fs::read(self.target.join(INDEX)).unwrap_or_default();
        let earlier = serde_json::from_slice::<Index>(&earlier).ok();
        let earlier: Vec<&str> = earlier.iter().flat_map(Index::files).collect();
        self.directory.commit(INDEX, &earlier).map_err(failed)
    }

    fn map(
        &self,
        file: String,
        map: &Array3<u8>,
        scale: f32,
        zero_point: u8,
    ) -> Result<MapFile, DumpError> {
        let write = || {
            let out = BufWriter::new(File::create(self.directory.path().join(&file))?);
            map.write_npy(out).map_err(io::Error::other)
        };
        write().map_err(|error| DumpError::new(&self.target.join(&file), error))?;
        Ok(MapFile {
            file,
            shape: map.dim().into(),
            scale,
            zero_point,
        })
    }
}

/// Why maps could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The directory is in use.
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
    /// A file or directory cannot be written.
    #[error("{} cannot be written: {error}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl DumpError {
    fn new(path: &Path, error: io::Error) -> DumpError {
        DumpError::File {
            path: path.to_owned(),
            error,
        }
    }
}

impl Fault for DumpError {
    fn code(&self) -> &'static str {
        match self {
            DumpError::NotEmpty(_) => "dump.not_empty",
            DumpError::File { .. } => "dump.file",
        }
    }

    fn help(&self) -> String {
        match self {
            DumpError::NotEmpty(_) => {
                "name another directory, or add --force, which removes the files of an earlier dump and no others"
            }
            DumpError::File { .. } => "check the path, its permissions and the room on the disk",
        }
        .into()
    }

    fn exit(&self) -> Exit {
        match self {
            DumpError::NotEmpty(_) => Exit::Usage,
            DumpError::File { .. } => Exit::Input,
        }
    }
}
