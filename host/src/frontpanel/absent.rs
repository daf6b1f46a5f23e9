//! What there is without the feature `frontpanel`: nothing, and it says so.

use super::{FrontPanelError, Loaded, Module, ModulePort};
use crate::serial::{Line, Stop};
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

/// There is no line.
pub(super) type Before = ();

pub(super) async fn connect(_: &mut ModulePort) -> Result<Box<dyn Line>, FrontPanelError> {
    Err(FrontPanelError::Absent)
}
