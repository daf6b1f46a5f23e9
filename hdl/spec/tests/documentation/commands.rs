//! Commands, kinds of frames, counters.

use std::fmt::Write;

use rowfuse_spec::command::{self, FieldSpec};
use rowfuse_spec::counters::Counter;
use rowfuse_spec::frame;

fn fields(table: &[FieldSpec]) -> String {
    let mut text = String::from("| word | bits | field | range |\n|---|---|---|---|\n");
    for spec in table {
        let bits = match spec.shift {
            0 => format!("{}", spec.bits),
            shift => format!("{}, from bit {shift} of the field", spec.bits),
        };
        let (field, min, max) = (spec.field, spec.min, spec.max);
        writeln!(
            text,
            "| {} | {bits} | `{field}` | {min} to {max} |",
            spec.word
        )
        .expect("string");
    }
    text
}

fn kinds() -> String {
    let rows = [
        (frame::KIND_INFO, "INFO"),
        (frame::KIND_WRITE, "WRITE"),
        (frame::KIND_READ, "READ"),
        (frame::KIND_RUN, "RUN"),
        (frame::KIND_STATUS, "STATUS"),
        (frame::KIND_ABORT, "ABORT"),
        (frame::KIND_RATE, "RATE"),
        (frame::KIND_CHECKSUM, "CHECKSUM"),
        (frame::KIND_NAK, "NAK (reply only)"),
    ];
    let mut text = String::from("| kind | name |\n|---|---|\n");
    for (kind, name) in rows {
        writeln!(text, "| 0x{kind:02X} | {name} |").expect("string");
    }
    text
}

fn counters() -> String {
    let mut text = String::from("| place | counter | depends on timing |\n|---|---|---|\n");
    for counter in Counter::ALL {
        let timing = if counter.depends_on_timing() {
            "yes"
        } else {
            "no"
        };
        writeln!(
            text,
            "| {} | `{}` | {timing} |",
            counter as usize,
            counter.name()
        )
        .expect("string");
    }
    text
}

#[test]
fn tables_of_the_commands_page_are_current() {
    let sections = [
        ("load", fields(command::LOAD_FIELDS)),
        ("weights", fields(command::WEIGHTS_FIELDS)),
        ("params", fields(command::PARAMS_FIELDS)),
        ("conv", fields(command::CONV_FIELDS)),
        ("end", fields(command::END_FIELDS)),
        ("kinds", kinds()),
        ("exchange", super::exchange::exchange()),
        ("counters", counters()),
    ];
    super::compare("commands.md", &sections);
}
