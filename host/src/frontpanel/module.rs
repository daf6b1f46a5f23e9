//! Which module, and the port that opens it.

use super::open::Opener;
use super::FrontPanelError;
use crate::serial::{Connect, Opening, Wire};
use rowfuse_spec::EngineConfig;

/// Begins the names of modules among boards.
const PREFIX: &str = "ok";

/// A module that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its serial number; `None` for the only one that is connected.
    pub serial: Option<String>,
}

impl Module {
    /// Reads `ok` or `ok:SERIAL`; `None` if it is the name of something else.
    ///
    /// # Errors
    /// If no serial number can be meant.
    pub fn parse(name: &str) -> Option<Result<Module, FrontPanelError>> {
        let rest = name.strip_prefix(PREFIX)?;
        if rest.is_empty() {
            return Some(Ok(Module { serial: None }));
        }
        let serial = rest.strip_prefix(':')?;
        let wrong = |reason| {
            let name = name.into();
            Some(Err(FrontPanelError::Name { name, reason }))
        };
        if serial.is_empty() {
            return wrong("the serial number is missing behind `ok:`");
        }
        if !serial.bytes().all(|byte| byte.is_ascii_graphic()) {
            return wrong("serial numbers are letters and digits");
        }
        Some(Ok(Module {
            serial: Some(serial.into()),
        }))
    }

    /// Its name among boards.
    pub fn name(&self) -> String {
        match &self.serial {
            Some(serial) => format!("{PREFIX}:{serial}"),
            None => PREFIX.into(),
        }
    }
}

/// A module that a bitstream was loaded into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Its serial number.
    pub serial: String,
    /// What the design says on its wires of the configuration: [`EngineConfig::id`].
    pub config_id: u32,
}

/// Opens a module with a certain configuration in it.
pub struct ModulePort {
    /// Its serial number is known once it was opened.
    module: Module,
    opener: Opener,
}

impl ModulePort {
    /// A port that is not open yet.
    pub fn new(module: Module, config: &EngineConfig) -> ModulePort {
        ModulePort {
            module,
            opener: Opener::new(config),
        }
    }
}

impl Connect for ModulePort {
    fn name(&self) -> String {
        self.module.name()
    }

    fn wire(&self) -> Wire {
        Wire::Pipes
    }

    fn connect(&mut self) -> Opening<'_> {
        Box::pin(async move { Ok(self.opener.open(&mut self.module).await?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_named_by_their_serial_number() {
        let parse = |name: &str| Module::parse(name).map(|module| module.map(|m| m.serial));
        assert_eq!(parse("ok"), Some(Ok(None)));
        assert_eq!(parse("ok:2104000ABC"), Some(Ok(Some("2104000ABC".into()))));
        for other in ["", "okay", "serial", "OK:1"] {
            assert_eq!(parse(other), None, "{other}");
        }
        for wrong in ["ok:", "ok:a b", "ok:\0", "ok:é"] {
            assert!(matches!(parse(wrong), Some(Err(_))), "{wrong:?}");
        }
        for name in ["ok", "ok:1"] {
            assert_eq!(Module::parse(name).unwrap().unwrap().name(), name);
        }
    }
}
