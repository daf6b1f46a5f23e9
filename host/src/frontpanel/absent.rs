//! What there is without the feature `frontpanel`: nothing, and it says so.

use super::{FrontPanelError, Loaded, Module};
use crate::serial::{Line, Stop};
use rowfuse_spec::EngineConfig;
use std::path::Path;

/// Serial numbers of the modules that are connected.
///
/// # Errors
/// Always, as this rowfuse reaches none.
pub fn found(_: &Stop) -> Result<Vec<String>, FrontPanelError> {
    Err(FrontPanelError::Absent)
}

/// Loads a bitstream into a module.
///
/// # Errors
/// Always, as this rowfuse reaches none.
pub fn load(_: &Module, _: &Path, _: &Stop) -> Result<Loaded, FrontPanelError> {
    Err(FrontPanelError::Absent)
}

/// Opens nothing.
pub(super) struct Opener;

impl Opener {
    pub(super) fn new(_: &EngineConfig) -> Opener {
        Opener
    }

    pub(super) async fn open(&mut self, _: &mut Module) -> Result<Box<dyn Line>, FrontPanelError> {
        Err(FrontPanelError::Absent)
    }
}
