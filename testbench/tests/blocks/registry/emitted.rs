//! The list of blocks comes from what is emitted: every module of every preset's design must have an entry.

use std::collections::{BTreeMap, BTreeSet};

use rowfuse_hdl::board::Board;
use rowfuse_hdl::primitives;
use rowfuse_hdl::system::System;
#[cfg(feature = "opal-kelly")]
use rowfuse_hdl::top::opal_kelly::OkTop;
use rowfuse_hdl::top::Top;
use rowfuse_spec::config::presets;
#[cfg(feature = "opal-kelly")]
use rowfuse_spec::{config::Family, EngineConfig};

use super::list::{ENTRIES, EXCEPTIONS};
#[cfg(feature = "opal-kelly")]
use super::shape::Placed;
use super::shape::{blocks, shape, Shape};
use super::Entry;

/// Every kind of block of every preset, and where one of it stands.
fn emitted() -> BTreeMap<Shape, String> {
    let mut found = BTreeMap::new();
    for config in presets() {
        let placed = match Board::of(&config) {
            Some(_) => blocks(&Top::new(&config).unwrap()),
            None => blocks(&System::unidentified(&config).unwrap()),
        };
        #[cfg(feature = "opal-kelly")]
        let placed = placed.into_iter().chain(behind_pipes(&config));
        for block in placed {
            let place = format!("{}: {}", config.name, block.path);
            found.entry(block.shape).or_insert(place);
        }
    }
    found
}

/// Blocks of the design for an Opal Kelly module, if the configuration is for one.
#[cfg(feature = "opal-kelly")]
fn behind_pipes(config: &EngineConfig) -> Vec<Placed> {
    match config.device.family() {
        Family::Artix7 => blocks(&OkTop::new(config).unwrap()),
        _ => Vec::new(),
    }
}

/// Places of emitted blocks without a test.
fn untested<'a>(
    emitted: &BTreeMap<Shape, String>,
    entries: impl Iterator<Item = &'a Entry>,
) -> Vec<String> {
    let mut known: BTreeSet<Shape> = EXCEPTIONS
        .iter()
        .map(|exception| shape(&*(exception.sample)()))
        .collect();
    for entry in entries {
        known.extend((entry.samples)().iter().map(|block| shape(&**block)));
    }
    let missing = emitted.iter().filter(|(shape, _)| !known.contains(*shape));
    missing.map(|(_, place)| place.clone()).collect()
}

fn with_room(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new()
        .stack_size(256 << 20)
        .spawn(run)
        .unwrap();
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn every_emitted_block_is_listed_and_every_listed_one_emitted() {
    with_room(|| {
        let emitted = emitted();
        let missing = untested(&emitted, ENTRIES.iter());
        assert!(
            missing.is_empty(),
            "no entry in tests/blocks/registry/list.rs for\n{}",
            missing.join("\n")
        );
        for entry in ENTRIES {
            // Without any entry the suite fails.
            let others = ENTRIES.iter().filter(|other| other.name != entry.name);
            assert!(
                !untested(&emitted, others).is_empty(),
                "{} is not needed: is it emitted?",
                entry.name
            );
            for sample in (entry.samples)() {
                assert!(
                    emitted.contains_key(&shape(&*sample)),
                    "no preset has such a {}",
                    entry.name
                );
            }
        }
        for exception in EXCEPTIONS {
            let found = emitted.contains_key(&shape(&*(exception.sample)()));
            assert!(
                found && !exception.reason.is_empty(),
                "no preset has a {}",
                exception.name
            );
        }
    });
}

/// Nothing is emitted beside the blocks of the walk but the device's cells. Dataflows are text within their block's module.
#[test]
fn every_module_of_the_verilog_is_a_block_or_a_cell() {
    with_room(|| {
        let modules = |text: &str| -> BTreeSet<String> {
            let names = text
                .lines()
                .filter_map(|line| line.trim_start().strip_prefix("module "));
            names
                .map(|rest| {
                    rest.chars()
                        .take_while(|c| c.is_alphanumeric() || "_$".contains(*c))
                        .collect()
                })
                .collect()
        };
        let cells = modules(primitives::verilog());
        for config in presets() {
            let system = System::unidentified(&config).unwrap();
            let placed: BTreeSet<String> = blocks(&system)
                .into_iter()
                .map(|block| block.path)
                .collect();
            let mut left = modules(&system.emit());
            left.retain(|name| !placed.contains(name) && !cells.contains(name));
            assert_eq!(left, BTreeSet::new(), "{}", config.name);
            assert!(placed.len() > 100);
            #[cfg(feature = "opal-kelly")]
            if config.device.family() == Family::Artix7 {
                let cells = modules(primitives::verilog_for(Family::Artix7));
                let placed = behind_pipes(&config).into_iter().map(|block| block.path);
                let placed: BTreeSet<String> = placed.collect();
                let mut left = modules(&OkTop::verilog(&config).unwrap());
                left.retain(|name| !placed.contains(name) && !cells.contains(name));
                assert_eq!(left, BTreeSet::new(), "{}", config.name);
            }
        }
    });
}
