//! External memory: the port every client speaks and the arbiter that shares one memory.

pub mod arbiter;
#[cfg(feature = "opal-kelly")]
pub mod mig;
pub mod port;
pub mod sdram;

pub use arbiter::MemoryArbiter;
pub use port::{MemoryClient, MemoryServer};
pub mod loader;
pub mod weight_loader;
pub mod writer;
