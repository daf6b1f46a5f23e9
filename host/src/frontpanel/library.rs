//! The border to the vendor's library: its functions, by the names and types of its public C interface.
#![allow(unsafe_code)]

use super::{FrontPanelError, LIBRARY_VARIABLE};
use std::ffi::{c_char, c_int, c_long, c_uchar, c_ulong, c_void, OsString};
use std::sync::{Mutex, PoisonError};

/// `okFrontPanel_HANDLE`.
pub(super) type Raw = *mut c_void;

/// Declares the functions that are called. Their types are those of the vendor's C interface; one that returns nothing in older versions and an
/// error code in newer ones is declared to return nothing.
macro_rules! functions {
    (needed { $($field:ident = $name:literal: ($($argument:ty),*) $(-> $result:ty)?;)* }
     optional { $($maybe:ident = $maybe_name:literal: ($($maybe_argument:ty),*) $(-> $maybe_result:ty)?;)* }) => {
        /// The library's functions, and the library they live in.
        pub(super) struct Library {
            $(pub(super) $field: unsafe extern "system" fn($($argument),*) $(-> $result)?,)*
            $(pub(super) $maybe: Option<unsafe extern "system" fn($($maybe_argument),*) $(-> $maybe_result)?>,)*
            _library: libloading::Library,
        }

        impl Library {
            fn of(library: libloading::Library, path: &str) -> Result<Library, FrontPanelError> {
                // SAFETY: the types are those of the interface that the vendor publishes for these names, in all versions that have them.
                unsafe {
                    Ok(Library {
                        $($field: match library.get(concat!($name, "\0").as_bytes()) {
                            Ok(function) => *function,
                            Err(_) => return Err(FrontPanelError::Incomplete {
                                library: path.into(),
                                function: $name,
                            }),
                        },)*
                        $($maybe: library.get(concat!($maybe_name, "\0").as_bytes()).ok().map(|found| *found),)*
                        _library: library,
                    })
                }
            }
        }
    };
}

functions! {
    needed {
    construct = "okFrontPanel_Construct": () -> Raw;
    destruct = "okFrontPanel_Destruct": (Raw);
    device_count = "okFrontPanel_GetDeviceCount": (Raw) -> c_int;
    device_serial = "okFrontPanel_GetDeviceListSerial": (Raw, c_int, *mut c_char);
    open_by_serial = "okFrontPanel_OpenBySerial": (Raw, *const c_char) -> c_int;
    is_enabled = "okFrontPanel_IsFrontPanelEnabled": (Raw) -> c_int;
    configure = "okFrontPanel_ConfigureFPGA": (Raw, *const c_char) -> c_int;
    set_timeout = "okFrontPanel_SetTimeout": (Raw, c_int);
    set_wire_in = "okFrontPanel_SetWireInValue": (Raw, c_int, c_ulong, c_ulong) -> c_int;
    update_wire_ins = "okFrontPanel_UpdateWireIns": (Raw);
    update_wire_outs = "okFrontPanel_UpdateWireOuts": (Raw);
    wire_out = "okFrontPanel_GetWireOutValue": (Raw, c_int) -> c_ulong;
    write_blocks = "okFrontPanel_WriteToBlockPipeIn": (Raw, c_int, c_int, c_long, *mut c_uchar) -> c_long;
    read_blocks = "okFrontPanel_ReadFromBlockPipeOut": (Raw, c_int, c_int, c_long, *mut c_uchar) -> c_long;
    }
    optional {
    is_open = "okFrontPanel_IsOpen": (Raw) -> c_int;
    error_string = "okFrontPanel_GetErrorString": (c_int, *mut c_char, c_int) -> c_int;
    }
}

impl Library {
    /// The library, which is loaded once and stays: what it leaves to be done at the process's end must be there then.
    pub(super) fn get() -> Result<&'static Library, FrontPanelError> {
        static LOADED: Mutex<Option<&'static Library>> = Mutex::new(None);
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(library) = *loaded {
            return Ok(library);
        }
        let path = std::env::var_os(LIBRARY_VARIABLE).filter(|path| !path.is_empty());
        let library: &'static Library = Box::leak(Box::new(Library::load(path)?));
        *loaded = Some(library);
        Ok(library)
    }

    /// Loads the file of that path, or the one that the system finds under the usual name.
    fn load(path: Option<OsString>) -> Result<Library, FrontPanelError> {
        let path = path.unwrap_or_else(|| libloading::library_filename("okFrontPanel"));
        // SAFETY: what a library does when it is loaded cannot be known; the user installed or named this one in order to have it loaded.
        let library = unsafe { libloading::Library::new(&path) };
        let library = library.map_err(|error| FrontPanelError::NoLibrary {
            reason: error.to_string(),
        })?;
        Library::of(library, &path.to_string_lossy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_library_and_what_is_another_is_refused() {
        let text = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(text.path(), "no library").unwrap();
        let load = |path: &std::path::Path| Library::load(Some(path.into())).err();
        let error = load(text.path());
        assert!(matches!(error, Some(FrontPanelError::NoLibrary { .. })));
        let error = load(std::path::Path::new("/nonexistent/libokFrontPanel.so"));
        assert!(error.unwrap().to_string().contains("/nonexistent"));
        if cfg!(target_os = "linux") {
            let error = load(std::path::Path::new("libc.so.6"));
            assert_eq!(
                error,
                Some(FrontPanelError::Incomplete {
                    library: "libc.so.6".into(),
                    function: "okFrontPanel_Construct"
                })
            );
        }
    }
}
