//! The functions of the C interface that rowfuse calls, by the vendor's names and types.
#![allow(unsafe_code, non_snake_case)]

use crate::faults::{Fault, Faults, VARIABLE};
use crate::module::Module;
use crate::BITSTREAM;
use rowfuse_spec::pipes::{BLOCK_BYTES, IDENTITY, PIPE_REPLIES, PIPE_REQUESTS, WIRE_IDENTITY};
use rowfuse_testbench::board::BoardError;
use std::ffi::{c_char, c_int, c_long, c_uchar, c_ulong, c_void, CStr, OsStr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const NO_ERROR: c_int = 0;
const FAILED: c_int = -1;
const TIMEOUT: c_int = -2;
const TRANSFER_ERROR: c_int = -4;
const INVALID_BITSTREAM: c_int = -6;
const FILE_ERROR: c_int = -7;
const NOT_OPEN: c_int = -8;
const INVALID_ENDPOINT: c_int = -9;
const INVALID_BLOCK_SIZE: c_int = -10;

/// All that there is in this process.
struct World {
    faults: Faults,
    module: Module,
    /// Counts the times that the module vanished: a handle of an earlier one stays closed.
    generation: u64,
    /// It is away until then.
    away: Option<Instant>,
    transfers: u64,
}

/// One object.
struct Handle {
    open: Option<u64>,
    wires_in: Vec<(u8, u16)>,
    wires: [u16; 32],
}

static WORLD: Mutex<Option<World>> = Mutex::new(None);

/// A description of faults that is none, or a board that cannot be made, ends the process: no test goes on with another one.
fn world<T>(work: impl FnOnce(&mut World) -> T) -> T {
    let mut world: MutexGuard<'_, Option<World>> =
        WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    let world = world.get_or_insert_with(|| {
        let text = std::env::var(VARIABLE).unwrap_or_default();
        let faults = Faults::parse(&text).unwrap_or_else(|word| ended(&word));
        let module = Module::new(&faults.config, faults.filler, !faults.uncalibrated);
        World {
            module: module.unwrap_or_else(|error| ended(&error)),
            faults,
            generation: 0,
            away: None,
            transfers: 0,
        }
    });
    work(world)
}

fn ended(reason: &str) -> ! {
    eprintln!("stand-in: {reason}");
    std::process::exit(99)
}

/// Does not come back if that function is not to.
fn enter(name: &str) {
    if world(|world| world.faults.stuck.as_deref() == Some(name)) {
        eprintln!("stand-in: stuck in {name}");
        loop {
            std::thread::sleep(Duration::from_secs(1));
        }
    }
}

impl World {
    fn is_here(&self) -> bool {
        self.away.is_none_or(|until| Instant::now() >= until)
    }

    fn count(&self) -> usize {
        if self.is_here() {
            self.faults.devices
        } else {
            0
        }
    }

    fn is_open(&self, handle: &Handle) -> bool {
        self.is_here() && handle.open == Some(self.generation)
    }
}

/// The handle behind a pointer that the caller got from [`okFrontPanel_Construct`].
unsafe fn of<'a>(handle: *mut c_void) -> &'a mut Handle {
    // SAFETY: the interface's contract: a handle that lives, used by one thread at a time.
    unsafe { &mut *handle.cast::<Handle>() }
}

#[no_mangle]
extern "system" fn okFrontPanel_Construct() -> *mut c_void {
    enter("Construct");
    let handle = Handle {
        open: None,
        wires_in: Vec::new(),
        wires: [0; 32],
    };
    Box::into_raw(Box::new(handle)).cast()
}

#[no_mangle]
unsafe extern "system" fn okFrontPanel_Destruct(handle: *mut c_void) {
    enter("Destruct");
    // SAFETY: as for `of`, for the last time.
    drop(unsafe { Box::from_raw(handle.cast::<Handle>()) });
}

#[no_mangle]
extern "system" fn okFrontPanel_GetErrorString(
    code: c_int,
    text: *mut c_char,
    length: c_int,
) -> c_int {
    let message = format!("stand-in's error {code}");
    // SAFETY: the caller has room for `length` characters.
    unsafe { put(&message, text, length.max(0) as usize) };
    message.len() as c_int
}

/// Writes a text with its end.
unsafe fn put(message: &str, text: *mut c_char, length: usize) {
    for (place, byte) in message.bytes().chain([0]).take(length).enumerate() {
        // SAFETY: the caller says that there is room.
        unsafe { *text.add(place) = byte as c_char };
    }
}

#[no_mangle]
extern "system" fn okFrontPanel_GetDeviceCount(_: *mut c_void) -> c_int {
    enter("GetDeviceCount");
    world(|world| world.count() as c_int)
}

#[no_mangle]
unsafe extern "system" fn okFrontPanel_GetDeviceListSerial(
    _: *mut c_void,
    place: c_int,
    text: *mut c_char,
) {
    // SAFETY: the caller has room for the longest serial number.
    unsafe { put(&format!("STAND-IN-{}", place + 1), text, 11) };
}

#[no_mangle]
unsafe extern "system" fn okFrontPanel_OpenBySerial(
    handle: *mut c_void,
    serial: *const c_char,
) -> c_int {
    enter("OpenBySerial");
    // SAFETY: as for `of`; the text has an end.
    let (handle, serial) = unsafe { (of(handle), CStr::from_ptr(serial)) };
    world(|world| {
        let known = (1..=world.count()).any(|n| {
            let name = format!("STAND-IN-{n}");
            serial.to_bytes().is_empty() || serial.to_bytes() == name.as_bytes()
        });
        if !known {
            return FAILED;
        }
        if world.faults.open == NO_ERROR {
            handle.open = Some(world.generation);
        }
        world.faults.open
    })
}

#[no_mangle]
unsafe extern "system" fn okFrontPanel_IsOpen(handle: *mut c_void) -> c_int {
    // SAFETY: as for `of`.
    let handle = unsafe { of(handle) };
    world(|world| world.is_open(handle).into())
}

#[no_mangle]
unsafe extern "system" fn okFrontPanel_IsFrontPanelEnabled(handle: *mut c_void) -> c_int {
    enter("IsFrontPanelEnabled");
    // SAFETY: as for `of`.
    let handle = unsafe { of(handle) };
    world(|world| (world.is_open(handle) && !world.faults.disabled).into())
}

#[no_mangle]
unsafe extern "system" fn okFrontPanel_ConfigureFPGA(
    handle: *mut c_void,
    path: *const c_char,
) -> c_int {
    enter("ConfigureFPGA");
    // SAFETY: as for `of`; the text has an end.
    let (handle, path) = unsafe { (of(handle), CStr::from_ptr(path)) };
    // SAFETY: the bytes are those of a path of this system.
    let path = unsafe { OsStr::from_encoded_bytes_unchecked(path.to_bytes()) };
    let Ok(bytes) = std::fs::read(path) else {
        return FILE_ERROR;
    };
    if !bytes.starts_with(&BITSTREAM) {
        return INVALID_BITSTREAM;
    }
    world(|world| {
        if !world.is_open(handle) {
            return NOT_OPEN;
        }
        if world.faults.load == NO_ERROR {
            world.faults.disabled = false;
            world.faults.identity = IDENTITY;
        }
        world.faults.load
    })
}

#[no_mangle]
extern "system" fn okFrontPanel_SetTimeout(_: *mut c_void, _: c_int) {}

#[no_mangle]
unsafe extern "system" fn okFrontPanel_SetWireInValue(
    handle: *mut c_void,
    endpoint: c_int,
    value: c_ulong,
    mask: c_ulong,
) -> c_int {
    let Ok(endpoint @ 0..=0x1F) = u8::try_from(endpoint) else {
        return INVALID_ENDPOINT;
    };
    // SAFETY: as for `of`.
    let wires = unsafe { &mut of(handle).wires_in };
    wires.push((endpoint, (value & mask) as u16));
    NO_ERROR
}

#[no_mangle]
unsafe extern "system" fn okFrontPanel_UpdateWireIns(handle: *mut c_void) {
    enter("UpdateWireIns");
    // SAFETY: as for `of`.
    let handle = unsafe { of(handle) };
    world(|world| {
        for (endpoint, value) in std::mem::take(&mut handle.wires_in) {
            if world.is_open(handle) {
                let set = world.module.set_wire(endpoint, value);
                set.unwrap_or_else(|error| ended(&error.to_string()));
            }
        }
    });
}

#[no_mangle]
unsafe extern "system" fn okFrontPanel_UpdateWireOuts(handle: *mut c_void) {
    enter("UpdateWireOuts");
    // SAFETY: as for `of`.
    let handle = unsafe { of(handle) };
    world(|world| {
        // Of a module that is gone the last values stay.
        if !world.is_open(handle) {
            return;
        }
        let updated = world.module.update();
        updated.unwrap_or_else(|error| ended(&error.to_string()));
        for (place, wire) in handle.wires.iter_mut().enumerate() {
            *wire = match 0x20 + place as u8 {
                WIRE_IDENTITY => world.faults.identity,
                endpoint => world.module.wire(endpoint),
            };
        }
    });
}

#[no_mangle]
unsafe extern "system" fn okFrontPanel_GetWireOutValue(
    handle: *mut c_void,
    endpoint: c_int,
) -> c_ulong {
    // SAFETY: as for `of`.
    let wires = unsafe { &of(handle).wires };
    let place = usize::try_from(endpoint - 0x20).unwrap_or(usize::MAX);
    wires.get(place).map_or(0, |&wire| wire.into())
}

#[no_mangle]
unsafe extern "system" fn okFrontPanel_WriteToBlockPipeIn(
    handle: *mut c_void,
    endpoint: c_int,
    block: c_int,
    length: c_long,
    data: *mut c_uchar,
) -> c_long {
    enter("WriteToBlockPipeIn");
    // SAFETY: the caller gives so many bytes.
    unsafe {
        transfer(
            handle,
            PIPE_REQUESTS,
            [endpoint, block],
            length,
            data,
            |module, blocks| module.write(blocks),
        )
    }
}

#[no_mangle]
unsafe extern "system" fn okFrontPanel_ReadFromBlockPipeOut(
    handle: *mut c_void,
    endpoint: c_int,
    block: c_int,
    length: c_long,
    data: *mut c_uchar,
) -> c_long {
    enter("ReadFromBlockPipeOut");
    // SAFETY: the caller gives so many bytes.
    unsafe {
        transfer(
            handle,
            PIPE_REPLIES,
            [endpoint, block],
            length,
            data,
            |module, blocks| module.read(blocks),
        )
    }
}

/// Moves blocks one way or the other, unless it is to go wrong.
unsafe fn transfer(
    handle: *mut c_void,
    pipe: u8,
    [endpoint, block]: [c_int; 2],
    length: c_long,
    data: *mut c_uchar,
    work: fn(&mut Module, &mut [u8]) -> Result<usize, BoardError>,
) -> c_long {
    let length = usize::try_from(length).unwrap_or(0);
    // SAFETY: as for `of`; the caller gives so many bytes.
    let (handle, blocks) = unsafe { (of(handle), std::slice::from_raw_parts_mut(data, length)) };
    if endpoint != c_int::from(pipe) {
        return INVALID_ENDPOINT.into();
    }
    if block != BLOCK_BYTES as c_int || !length.is_multiple_of(BLOCK_BYTES) {
        return INVALID_BLOCK_SIZE.into();
    }
    let fault = world(|world| {
        world.transfers += 1;
        world.faults.of_transfer(world.transfers)
    });
    if let Some(Fault::Blocks(time)) = fault {
        // Nobody is kept waiting who only looks at other modules.
        std::thread::sleep(time);
    }
    world(|world| {
        if let Some(Fault::Vanishes(time)) = fault {
            world.generation += 1;
            world.away = Some(Instant::now() + time);
        }
        if !world.is_open(handle) {
            return TRANSFER_ERROR.into();
        }
        let blocks = match fault {
            Some(Fault::Fails(code)) => return code.into(),
            Some(Fault::Short) => &mut blocks[..length / 2 / BLOCK_BYTES * BLOCK_BYTES],
            _ => blocks,
        };
        match work(&mut world.module, blocks) {
            Ok(moved) if moved == blocks.len() => moved as c_long,
            Ok(_) => TIMEOUT.into(),
            Err(error) => ended(&error.to_string()),
        }
    })
}
