//! The border to the generated shared library: the only unsafe code of this module.
#![allow(unsafe_code)]

use std::collections::HashMap;
use std::ffi::{c_char, c_int, c_void, CStr};
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::{Mutex, OnceLock, PoisonError};

use libloading::Library;

use super::coverage;
use super::shim::INTERFACE;
use super::VerilatorError;

/// Begins or ends a waveform: model, path or null, first time, half a period; not zero if that went well.
type Trace = unsafe extern "C" fn(*mut c_void, *const c_char, u64, u64) -> c_int;

/// Writes the counts of coverage: model, path.
type Coverage = unsafe extern "C" fn(*mut c_void, *const c_char);

/// The functions of one library, and the library they live in.
struct Shim {
    create: unsafe extern "C" fn(u64) -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void),
    settle: unsafe extern "C" fn(*mut c_void, *const u32, *mut u32),
    cycles: unsafe extern "C" fn(*mut c_void, u64, *const u32, *mut u32),
    /// Only in models that can write waveforms.
    trace: Option<Trace>,
    /// Only in models that count coverage.
    coverage: Option<Coverage>,
    input_words: usize,
    output_words: usize,
    _library: Library,
}

impl Shim {
    fn load(path: &Path) -> Result<Self, VerilatorError> {
        let failed = |reason: String| VerilatorError::Load {
            path: path.to_owned(),
            reason,
        };
        let error = |error: libloading::Error| failed(error.to_string());
        // SAFETY: the file was compiled by this crate from Verilator's output and its own shim; its
        // initialisers are those of libstdc++ and Verilator, which have no preconditions.
        let library = unsafe { Library::new(path) }.map_err(error)?;
        // SAFETY: the signatures are those `shim.rs` generates; the interface number checked first
        // tells libraries of another generation apart.
        let shim = unsafe {
            type Interface = unsafe extern "C" fn() -> u32;
            let interface = library
                .get::<Interface>(b"rowfuse_interface")
                .map_err(error)?();
            if interface != INTERFACE {
                return Err(failed(format!(
                    "interface {interface}, expected {INTERFACE}"
                )));
            }
            let mut words = [0_u64; 2];
            type Words = unsafe extern "C" fn(*mut u64);
            library.get::<Words>(b"rowfuse_words").map_err(error)?(words.as_mut_ptr());
            Self {
                create: *library.get(b"rowfuse_new").map_err(error)?,
                free: *library.get(b"rowfuse_free").map_err(error)?,
                settle: *library.get(b"rowfuse_settle").map_err(error)?,
                cycles: *library.get(b"rowfuse_cycles").map_err(error)?,
                trace: library.get(b"rowfuse_trace").ok().map(|found| *found),
                coverage: library.get(b"rowfuse_coverage").ok().map(|found| *found),
                input_words: words[0] as usize,
                output_words: words[1] as usize,
                _library: library,
            }
        };
        Ok(shim)
    }

    /// Every library is loaded once and stays loaded: Verilator keeps thread-local state whose
    /// destructors may run after the last model is gone.
    fn shared(path: &Path) -> Result<&'static Self, VerilatorError> {
        static LOADED: OnceLock<Mutex<HashMap<PathBuf, &'static Shim>>> = OnceLock::new();
        let loaded = LOADED.get_or_init(Mutex::default);
        let mut loaded = loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shim) = loaded.get(path) {
            return Ok(shim);
        }
        let shim: &'static Self = Box::leak(Box::new(Self::load(path)?));
        loaded.insert(path.to_owned(), shim);
        Ok(shim)
    }
}

/// One running model of a loaded library.
pub(super) struct Instance {
    shim: &'static Shim,
    model: NonNull<c_void>,
}

// SAFETY: a model has no ties to the thread that made it (the shim installs the model's context in
// the calling thread on every call), and `&mut self` keeps two threads from using it at once.
unsafe impl Send for Instance {}

impl Instance {
    /// Loads the library at `path` and makes a model, which must exchange exactly this many words. What has no initial value
    /// starts as the seed says.
    pub(super) fn new(
        path: &Path,
        input_words: usize,
        output_words: usize,
        seed: u64,
    ) -> Result<Self, VerilatorError> {
        let shim = Shim::shared(path)?;
        let failed = |reason: String| VerilatorError::Load {
            path: path.to_owned(),
            reason,
        };
        if (shim.input_words, shim.output_words) != (input_words, output_words) {
            return Err(failed("its ports have other widths".to_owned()));
        }
        // SAFETY: `rowfuse_new` has no preconditions.
        let model = NonNull::new(unsafe { (shim.create)(seed) });
        let model = model.ok_or_else(|| failed("it made no model".to_owned()))?;
        Ok(Self { shim, model })
    }

    /// Settles all logic with the clocks low; no clock edge happens.
    pub(super) fn settle(&mut self, inputs: &[u32], outputs: &mut [u32]) {
        assert_eq!(inputs.len(), self.shim.input_words);
        assert_eq!(outputs.len(), self.shim.output_words);
        // SAFETY: the model is live and the slices have the lengths the shim reads and writes.
        unsafe {
            (self.shim.settle)(self.model.as_ptr(), inputs.as_ptr(), outputs.as_mut_ptr());
        }
    }

    /// Runs `cycles` clock cycles; the slices hold one record a cycle.
    pub(super) fn cycles(&mut self, cycles: usize, inputs: &[u32], outputs: &mut [u32]) {
        assert_eq!(inputs.len(), cycles * self.shim.input_words);
        assert_eq!(outputs.len(), cycles * self.shim.output_words);
        // SAFETY: as above, with `cycles` records in each slice.
        unsafe {
            let model = self.model.as_ptr();
            (self.shim.cycles)(model, cycles as u64, inputs.as_ptr(), outputs.as_mut_ptr());
        }
    }

    /// Writes a waveform to the file of that name, times from `start` on with a clock of twice `half`, both in
    /// picoseconds, or ends it. False if the file cannot be written or the model knows no waveforms.
    pub(super) fn trace(&mut self, path: Option<&CStr>, start: u64, half: u64) -> bool {
        let Some(trace) = self.shim.trace else {
            return false;
        };
        let path = path.map_or(std::ptr::null(), CStr::as_ptr);
        // SAFETY: the model is live, and the path is null or a string that lives during the call, which keeps
        // no pointer to it.
        unsafe { trace(self.model.as_ptr(), path, start, half) != 0 }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let (Some(write), Some(path)) = (self.shim.coverage, coverage::points()) {
            // SAFETY: the model is live, and the path is a string that lives during the call.
            unsafe { write(self.model.as_ptr(), path.as_ptr()) }
        }
        // SAFETY: made by `rowfuse_new` of this library and freed once.
        unsafe { (self.shim.free)(self.model.as_ptr()) }
    }
}
