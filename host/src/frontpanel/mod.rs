//! A board in an Opal Kelly module, reached through the vendor's FrontPanel library.
//!
//! The library is loaded when a module is asked for (feature `frontpanel`): nothing is linked, and a build needs no file of the vendor's. Frames
//! lie in blocks as [`rowfuse_spec::pipes`] says; above that it is the same link as over a serial port ([`crate::serial`]), whose `Line` and
//! `Connect` are implemented here. Every call of the library is made on a thread of its own, because it may block, and is given up
//! after a while.

mod code;
mod error;
mod module;

#[cfg(feature = "frontpanel")]
mod handle;
#[cfg(feature = "frontpanel")]
mod library;
#[cfg(feature = "frontpanel")]
mod line;
#[cfg(feature = "frontpanel")]
mod open;
#[cfg(feature = "frontpanel")]
mod pump;
#[cfg(feature = "frontpanel")]
mod watch;

#[cfg(not(feature = "frontpanel"))]
mod absent;
#[cfg(not(feature = "frontpanel"))]
use absent as open;

pub use code::Code;
pub use error::FrontPanelError;
pub use module::{Loaded, Module, ModulePort};
pub use open::{found, load};

/// Name of the environment variable with the path of the library.
pub const LIBRARY_VARIABLE: &str = "ROWFUSE_FRONTPANEL";

#[cfg(all(test, feature = "frontpanel"))]
mod line_tests;
#[cfg(all(test, feature = "frontpanel"))]
mod open_tests;
