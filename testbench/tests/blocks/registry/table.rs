//! The table of blocks in the documentation: a line an entry, written from what was seen.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::evidence::Evidence;
use super::judge::is_reset;
use super::Entry;
use crate::support::base_seed;

/// Lines are changed one at a time.
static PAGE: Mutex<()> = Mutex::new(());

const BEGIN: &str = "<!-- begin blocks -->\n";
const END: &str = "<!-- end blocks -->";
const HEAD: &str = "| block | source in `hdl/src` | golden model | one-bit inputs that move at random | resets | cycles |\n|---|---|---|---|---|---|\n";

fn page() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/verification/campaign.md")
}

/// Names without their numbers, once each.
fn names(evidence: &Evidence, entry: &Entry, resets: bool) -> String {
    let plain = |port: &String| {
        let parts = port.split('$').filter(|part| part.parse::<u32>().is_err());
        parts.collect::<Vec<_>>().join(".")
    };
    let quiet = |port: &&String| !entry.quiet.iter().any(|(name, _)| port.ends_with(name));
    let chosen = evidence
        .inputs
        .keys()
        .filter(|port| is_reset(port) == resets)
        .filter(quiet);
    let names: BTreeSet<String> = chosen.map(plain).collect();
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        "–".into()
    } else {
        names.join(" ")
    }
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn line(entry: &Entry, evidence: &Evidence) -> String {
    let (moving, resets) = (names(evidence, entry, false), names(evidence, entry, true));
    let cycles = thousands(evidence.cycles);
    format!(
        "| {} | `{}` | {} | {moving} | {resets} | {cycles} |\n",
        entry.name, entry.source, entry.golden
    )
}

/// Compares an entry's line with the page, or writes it with `ROWFUSE_BLESS=1`. Other seeds than those written down make other numbers of cycles.
pub fn check(entry: &Entry, evidence: &Evidence) {
    if base_seed() != 0 {
        return;
    }
    let line = line(entry, evidence);
    let _page = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let text = std::fs::read_to_string(page()).expect("the page is readable");
    let from = text.find(BEGIN).expect("the table's beginning") + BEGIN.len();
    let to = from + text[from..].find(END).expect("the table's end");
    if text[from..to].contains(&line) {
        return;
    }
    if std::env::var_os("ROWFUSE_BLESS").is_none() {
        panic!(
            "docs/verification/campaign.md has no line\n{line}Run this test with ROWFUSE_BLESS=1."
        );
    }
    if cfg!(not(feature = "opal-kelly")) {
        panic!("The table has the blocks of every feature: write it with --features opal-kelly.");
    }
    let start = |name: &str| format!("| {name} |");
    let old = |name: &str| {
        text[from..to]
            .lines()
            .find(|line| line.starts_with(&start(name)))
    };
    let lines = super::list::ENTRIES
        .iter()
        .filter_map(|known| match known.name == entry.name {
            true => Some(line.clone()),
            false => old(known.name).map(|line| format!("{line}\n")),
        });
    let table = HEAD.to_owned() + &lines.collect::<String>();
    let new = format!("{}{table}{}", &text[..from], &text[to..]);
    std::fs::write(page(), new).expect("the page is writable");
}

#[cfg(feature = "opal-kelly")]
#[test]
fn the_page_has_no_line_of_a_block_that_is_not_listed() {
    let text = std::fs::read_to_string(page()).expect("the page is readable");
    let from = text.find(BEGIN).expect("the table's beginning") + BEGIN.len();
    let to = from + text[from..].find(END).expect("the table's end");
    let lines = text[from..to].lines().count();
    assert_eq!(lines, super::list::ENTRIES.len() + HEAD.lines().count());
}
