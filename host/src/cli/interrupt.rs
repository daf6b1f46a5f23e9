//! Ctrl-C and termination signals: the first asks politely, the second does not wait.

use rowfuse::fault::Exit;
use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Installs the handler; the flag is set by the first signal and polled by long work.
pub fn install() -> Result<&'static AtomicBool, ctrlc::Error> {
    ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted.code().into());
        }
    })?;
    Ok(&INTERRUPTED)
}
