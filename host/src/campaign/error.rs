//! What can go wrong with a campaign itself.

use std::path::PathBuf;

use rowfuse_spec::ConfigError;
use rowfuse_testbench::board::BoardError;

use crate::fault::{Exit, Fault};

/// A campaign that cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// A case's file.
    #[error("{}: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why it cannot be used.
        reason: String,
    },
    /// An illegal configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A board that cannot be opened.
    #[error(transparent)]
    Board(#[from] BoardError),
}

impl Fault for CampaignError {
    fn code(&self) -> &'static str {
        match self {
            CampaignError::File { .. } => "campaign.file",
            CampaignError::Config(_) => "config.illegal",
            CampaignError::Board(error) => error.code(),
        }
    }

    fn help(&self) -> String {
        match self {
            CampaignError::File { .. } => {
                "compare it with the files in host/tests/regressions".into()
            }
            CampaignError::Config(_) => "choose another configuration".into(),
            CampaignError::Board(error) => error.help(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            CampaignError::File { .. } | CampaignError::Config(_) => Exit::Input,
            CampaignError::Board(error) => error.exit(),
        }
    }
}
