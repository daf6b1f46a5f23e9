//! Finding and opening modules.

use super::handle::Handle;
use super::line::{ModuleLine, Shared};
use super::pump::pump;
use super::watch::{Task, Watch};
use super::{FrontPanelError, Loaded, Module};
use crate::serial::{Line, Stop};
use rowfuse_spec::config::presets;
use rowfuse_spec::pipes::{
    CONTROL_RESET, IDENTITY, STATUS_MEMORY, WIRES_CONFIG, WIRE_CONTROL, WIRE_IDENTITY, WIRE_STATUS,
};
use rowfuse_spec::EngineConfig;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Between two looks at what the library's thread has done.
const POLL: Duration = Duration::from_millis(5);
/// How long the controller of the module's memory may take to be ready.
const MEMORY: Duration = Duration::from_secs(3);

/// Serial numbers of the modules that are connected, in order.
///
/// # Errors
/// If the library cannot be loaded or fails, or on a stop.
pub fn found(stop: &Stop) -> Result<Vec<String>, FrontPanelError> {
    let task = Task::begin(|watch, done| {
        done(Handle::new(watch).and_then(|handle| handle.serials()));
    })?;
    wait(&task, stop)?
}

/// Loads a bitstream into a module's FPGA, and sees that it is rowfuse's.
///
/// # Errors
/// If there is no such module, it does not take the file, or what it then holds is no rowfuse with its memory ready; or on a stop, after which
/// the FPGA may hold nothing.
pub fn load(module: &Module, path: &Path, stop: &Stop) -> Result<Loaded, FrontPanelError> {
    let (module, path) = (module.clone(), path.to_owned());
    let task = Task::begin(move |watch, done| {
        let loaded = || {
            let (handle, serial) = open(&module, watch)?;
            handle.configure(&path).map_err(|code| {
                let (serial, path) = (serial.clone(), path.clone());
                FrontPanelError::Load { serial, path, code }
            })?;
            let config_id = identify(&handle, &serial)?;
            memory(&handle, &serial)?;
            Ok(Loaded { serial, config_id })
        };
        done(loaded());
    })?;
    wait(&task, stop)?
}

/// Opens modules with a certain configuration in them as lines.
pub(super) struct Opener {
    config: EngineConfig,
    /// The line that was opened last.
    before: Option<Arc<Shared>>,
}

impl Opener {
    /// It has opened none yet.
    pub(super) fn new(config: &EngineConfig) -> Opener {
        Opener {
            config: config.clone(),
            before: None,
        }
    }

    /// Opens a module, and has it remember its serial number.
    pub(super) async fn open(
        &mut self,
        asked: &mut Module,
    ) -> Result<Box<dyn Line>, FrontPanelError> {
        // A transfer that was given up may still be done, and must not come among those of the next line.
        if self.before.as_ref().is_some_and(|line| !line.has_ended()) {
            return Err(FrontPanelError::Busy);
        }
        let (module, config) = (asked.clone(), self.config.clone());
        let task = Task::begin(move |watch, done| {
            let opened = open(&module, watch).and_then(|(handle, serial)| {
                prepare(&handle, &serial, &config)?;
                Ok((handle, serial))
            });
            match opened {
                Err(error) => done(Err(error)),
                Ok((mut handle, serial)) => {
                    let shared = Arc::<Shared>::default();
                    // Dropped by whoever gets it, or here if nobody does, it ends the work.
                    let line = ModuleLine::new(&shared, watch);
                    done(Ok((serial, line, shared.clone())));
                    pump(&mut handle, &shared);
                    drop(handle);
                    shared.end();
                }
            }
        })?;
        let (serial, line, shared) = loop {
            if let Some(opened) = task.poll()? {
                break opened?;
            }
            tokio::time::sleep(POLL).await;
        };
        asked.serial = Some(serial);
        self.before = Some(shared);
        Ok(Box::new(line))
    }
}

/// What the task hands over, unless the user wants to stop.
fn wait<T: Send + 'static>(task: &Task<T>, stop: &Stop) -> Result<T, FrontPanelError> {
    loop {
        if let Some(done) = task.poll()? {
            return Ok(done);
        }
        if stop() {
            return Err(FrontPanelError::Interrupted);
        }
        std::thread::sleep(POLL);
    }
}

/// Opens a module; its serial number.
fn open(module: &Module, watch: &Arc<Watch>) -> Result<(Handle, String), FrontPanelError> {
    let handle = Handle::new(watch)?;
    let serial = choose(handle.serials()?, module.serial.as_deref())?;
    handle.open(&serial).map_err(|code| {
        let serial = serial.clone();
        FrontPanelError::Open { serial, code }
    })?;
    Ok((handle, serial))
}

/// The module that is asked for, or the only one.
pub(super) fn choose(
    mut found: Vec<String>,
    asked: Option<&str>,
) -> Result<String, FrontPanelError> {
    match asked {
        Some(asked) if found.iter().any(|serial| serial == asked) => Ok(asked.into()),
        Some(asked) => Err(FrontPanelError::Unknown {
            serial: asked.into(),
            found,
        }),
        None if found.len() > 1 => Err(FrontPanelError::Several { found }),
        None => found.pop().ok_or(FrontPanelError::NoModule),
    }
}

/// Sees that the design is rowfuse's of that configuration, that its memory is ready, and that nothing runs which an earlier host left.
fn prepare(handle: &Handle, serial: &str, config: &EngineConfig) -> Result<(), FrontPanelError> {
    let found = identify(handle, serial)?;
    if found != config.id() {
        return Err(FrontPanelError::OtherConfig {
            serial: serial.into(),
            expected: described(config.id()),
            found: described(found),
        });
    }
    memory(handle, serial)?;
    for value in [0, CONTROL_RESET, 0] {
        handle.set_wire(WIRE_CONTROL, value).map_err(|code| {
            let serial = serial.into();
            FrontPanelError::Open { serial, code }
        })?;
    }
    Ok(())
}

/// What the design says of its configuration, if it is rowfuse's.
fn identify(handle: &Handle, serial: &str) -> Result<u32, FrontPanelError> {
    let serial = || serial.to_owned();
    if !handle.is_enabled() {
        return Err(FrontPanelError::NotConfigured { serial: serial() });
    }
    let [found, low, high] = handle.wires([WIRE_IDENTITY, WIRES_CONFIG[0], WIRES_CONFIG[1]]);
    if found != IDENTITY {
        return Err(FrontPanelError::OtherDesign {
            serial: serial(),
            expected: IDENTITY,
            found,
        });
    }
    Ok(u32::from(high) << 16 | u32::from(low))
}

/// Waits until the memory can be used.
fn memory(handle: &Handle, serial: &str) -> Result<(), FrontPanelError> {
    let began = Instant::now();
    loop {
        let [status] = handle.wires([WIRE_STATUS]);
        if status & STATUS_MEMORY != 0 {
            return Ok(());
        }
        if began.elapsed() > MEMORY {
            return Err(FrontPanelError::Memory {
                serial: serial.into(),
                seconds: MEMORY.as_secs(),
            });
        }
        std::thread::sleep(POLL);
    }
}

/// A configuration for people: by its name, if it has one.
fn described(id: u32) -> String {
    match presets().into_iter().find(|config| config.id() == id) {
        Some(config) => format!("{} ({id:#010x})", config.name),
        None => format!("{id:#010x}"),
    }
}
