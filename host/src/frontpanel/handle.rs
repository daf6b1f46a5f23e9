//! The library's objects behind functions that are safe to call. Each is used by one thread.
#![allow(unsafe_code)]

use super::library::{Library, Raw};
use super::pump::Pipes;
use super::watch::Watch;
use super::{Code, FrontPanelError};
use rowfuse_spec::pipes::{BLOCK_BYTES, PIPE_REPLIES, PIPE_REQUESTS, WIRE_BLOCKS};
use std::ffi::{c_char, c_int, c_long, c_ulong, CStr, CString};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a transfer may take by the library's own clock.
const TRANSFER: Duration = Duration::from_secs(1);
/// How long the library may take for a transfer or for wires before it is given up.
const SHORT: Duration = Duration::from_secs(3);
/// How long it may take to look for modules and to open one.
const LONG: Duration = Duration::from_secs(10);
/// How long it may take to configure the FPGA.
const CONFIGURE: Duration = Duration::from_secs(60);
/// Bytes of texts that the library writes: serial numbers have 11 with their end, error texts fewer than this.
const TEXT: usize = 256;
/// More modules than any computer has.
const MODULES: c_int = 256;

/// One of the library's objects, through which a module is found and opened; it closes it when dropped.
pub(super) struct Handle {
    library: &'static Library,
    raw: Raw,
    watch: Arc<Watch>,
}

impl Handle {
    /// Loads the library, unless that was done before, and makes an object.
    pub(super) fn new(watch: &Arc<Watch>) -> Result<Handle, FrontPanelError> {
        let library = watch.call("loading the library", LONG, Library::get)?;
        // SAFETY: it takes nothing.
        let construct = || unsafe { (library.construct)() };
        let raw = watch.call("okFrontPanel_Construct", LONG, construct);
        if raw.is_null() {
            let reason = "okFrontPanel_Construct gives no object".into();
            return Err(FrontPanelError::Broken { reason });
        }
        let watch = watch.clone();
        Ok(Handle {
            library,
            raw,
            watch,
        })
    }

    /// Calls a function with the object.
    fn call<T>(
        &self,
        name: &'static str,
        limit: Duration,
        call: impl FnOnce(&Library, Raw) -> T,
    ) -> T {
        self.watch
            .call(name, limit, || call(self.library, self.raw))
    }

    /// Serial numbers of the modules that are connected, in order.
    pub(super) fn serials(&self) -> Result<Vec<String>, FrontPanelError> {
        // SAFETY, here and below: the object is alive, and what is pointed to lives until the call is over.
        let count = self.call("okFrontPanel_GetDeviceCount", LONG, |library, raw| unsafe {
            (library.device_count)(raw)
        });
        if !(0..=MODULES).contains(&count) {
            let reason = format!("it counts {count} modules");
            return Err(FrontPanelError::Broken { reason });
        }
        let mut serials: Vec<String> = (0..count).map(|place| self.serial(place)).collect();
        serials.sort();
        Ok(serials)
    }

    fn serial(&self, place: c_int) -> String {
        let mut text = [0 as c_char; TEXT];
        let buffer = text.as_mut_ptr();
        self.call(
            "okFrontPanel_GetDeviceListSerial",
            SHORT,
            |library, raw| unsafe {
                (library.device_serial)(raw, place, buffer);
            },
        );
        string(&mut text)
    }

    /// Opens a module; transfers are limited in time from then on.
    pub(super) fn open(&self, serial: &str) -> Result<(), Code> {
        let text = self.c_string(serial.as_bytes())?;
        let code = self.call("okFrontPanel_OpenBySerial", LONG, |library, raw| unsafe {
            (library.open_by_serial)(raw, text.as_ptr())
        });
        self.check(code.into())?;
        let milliseconds = TRANSFER.as_millis() as c_int;
        self.call("okFrontPanel_SetTimeout", SHORT, |library, raw| unsafe {
            (library.set_timeout)(raw, milliseconds);
        });
        Ok(())
    }

    /// Whether the FPGA has a design with FrontPanel in it.
    pub(super) fn is_enabled(&self) -> bool {
        self.call(
            "okFrontPanel_IsFrontPanelEnabled",
            SHORT,
            |library, raw| unsafe { (library.is_enabled)(raw) },
        ) != 0
    }

    /// Loads a bitstream into the FPGA.
    pub(super) fn configure(&self, path: &Path) -> Result<(), Code> {
        let text = self.c_string(path.as_os_str().as_encoded_bytes())?;
        let code = self.call(
            "okFrontPanel_ConfigureFPGA",
            CONFIGURE,
            |library, raw| unsafe { (library.configure)(raw, text.as_ptr()) },
        );
        self.check(code.into())
    }

    /// Sets a wire to the module.
    pub(super) fn set_wire(&self, endpoint: u8, value: u16) -> Result<(), Code> {
        let (value, mask) = (c_ulong::from(value), c_ulong::from(u16::MAX));
        let code = self.call(
            "okFrontPanel_SetWireInValue",
            SHORT,
            |library, raw| unsafe { (library.set_wire_in)(raw, endpoint.into(), value, mask) },
        );
        self.check(code.into())?;
        self.call("okFrontPanel_UpdateWireIns", SHORT, |library, raw| unsafe {
            (library.update_wire_ins)(raw);
        });
        Ok(())
    }

    /// Values of wires to the host, all as they are at one moment.
    pub(super) fn wires<const N: usize>(&self, endpoints: [u8; N]) -> [u16; N] {
        self.call(
            "okFrontPanel_UpdateWireOuts",
            SHORT,
            |library, raw| unsafe {
                (library.update_wire_outs)(raw);
            },
        );
        endpoints.map(|endpoint| {
            self.call(
                "okFrontPanel_GetWireOutValue",
                SHORT,
                |library, raw| unsafe { (library.wire_out)(raw, endpoint.into()) },
            ) as u16
        })
    }

    /// Text for the library, which ends it with a zero.
    fn c_string(&self, text: &[u8]) -> Result<CString, Code> {
        CString::new(text).map_err(|_| self.code(-20))
    }

    fn check(&self, number: i64) -> Result<(), Code> {
        match number {
            0.. => Ok(()),
            number => Err(self.code(number)),
        }
    }

    /// The code of that number, with what the library says of it.
    fn code(&self, number: i64) -> Code {
        let text = self.library.error_string.and_then(|error_string| {
            let mut text = [0 as c_char; TEXT];
            let (code, length) = (c_int::try_from(number).ok()?, TEXT as c_int);
            // SAFETY: it writes at most `length` bytes.
            self.watch
                .call("okFrontPanel_GetErrorString", SHORT, || unsafe {
                    error_string(code, text.as_mut_ptr(), length);
                });
            Some(string(&mut text)).filter(|text| !text.is_empty())
        });
        Code { number, text }
    }

    /// What became of a transfer that should have moved so many bytes.
    fn moved(&self, verb: &str, expected: usize, moved: c_long) -> Result<(), String> {
        if moved < 0 {
            #[allow(clippy::useless_conversion)] // a `long` has 32 bits elsewhere
            let code = self.code(moved.into());
            return Err(format!("blocks cannot be {verb}: {code}"));
        }
        match u64::try_from(moved) == Ok(expected as u64) {
            true => Ok(()),
            false => Err(format!("{moved} of {expected} bytes were {verb}")),
        }
    }
}

impl Pipes for Handle {
    fn write(&mut self, blocks: &mut [u8]) -> Result<(), String> {
        let (length, data) = (blocks.len() as c_long, blocks.as_mut_ptr());
        let moved = self.call(
            "okFrontPanel_WriteToBlockPipeIn",
            SHORT,
            |library, raw| unsafe {
                (library.write_blocks)(
                    raw,
                    PIPE_REQUESTS.into(),
                    BLOCK_BYTES as c_int,
                    length,
                    data,
                )
            },
        );
        self.moved("written", blocks.len(), moved)
    }

    fn waiting(&mut self) -> usize {
        let [blocks] = self.wires([WIRE_BLOCKS]);
        blocks.into()
    }

    fn read(&mut self, blocks: &mut [u8]) -> Result<(), String> {
        let (length, data) = (blocks.len() as c_long, blocks.as_mut_ptr());
        let moved = self.call(
            "okFrontPanel_ReadFromBlockPipeOut",
            SHORT,
            |library, raw| unsafe {
                (library.read_blocks)(raw, PIPE_REPLIES.into(), BLOCK_BYTES as c_int, length, data)
            },
        );
        self.moved("read", blocks.len(), moved)
    }

    fn is_there(&mut self) -> bool {
        let Some(is_open) = self.library.is_open else {
            return true;
        };
        self.call("okFrontPanel_IsOpen", SHORT, |_, raw| unsafe {
            is_open(raw)
        }) != 0
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.call("okFrontPanel_Destruct", SHORT, |library, raw| unsafe {
            (library.destruct)(raw);
        });
    }
}

/// The text up to its end, which is there even if the library has not put it.
fn string(text: &mut [c_char; TEXT]) -> String {
    text[TEXT - 1] = 0;
    // SAFETY: it ends within the array.
    let text = unsafe { CStr::from_ptr(text.as_ptr()) };
    text.to_string_lossy().into_owned()
}
