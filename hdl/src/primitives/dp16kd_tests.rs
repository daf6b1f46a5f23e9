//! The block memory's model against what its description says in words.

use super::*;

fn port(width: usize, write_mode: WriteMode) -> MemoryPort {
    MemoryPort {
        width,
        output_register: false,
        write_mode,
        select: 0,
    }
}

fn access(address: u16, write: Option<u32>) -> MemoryInputs {
    MemoryInputs {
        address,
        data: write.unwrap_or(0),
        write: write.is_some(),
        enable: true,
        ..MemoryInputs::default()
    }
}

const IDLE: MemoryInputs = MemoryInputs {
    address: 0,
    data: 0,
    write: false,
    enable: false,
    output_enable: false,
    reset: false,
    select: 0,
};

/// What B reads at an address.
fn read(block: &mut Dp16kd, address: u16) -> u32 {
    block.edge(&[IDLE, access(address, None)]);
    block.outputs(&[IDLE; 2])[1]
}

#[test]
fn words_of_every_width_lie_in_the_same_memory() {
    let initial = [0x2aa55 | 0x100, 0x15555];
    for (width, address, expected) in [
        (18, 0x0000, 0x2ab55),
        (18, 0x0010, 0x15555),
        (9, 0x0000, 0x155),
        (9, 0x0008, 0x155),
        (4, 0x0004, 0x5),
        (4, 0x0008, 0x5),
        (2, 0x0006, 0x1),
        (1, 0x0001, 0),
        (1, 0x0002, 1),
    ] {
        let ports = [port(18, WriteMode::Normal), port(width, WriteMode::Normal)];
        let mut block = Dp16kd::new(ports, false, &initial);
        assert_eq!(
            read(&mut block, address),
            expected,
            "{width} at {address:#x}"
        );
    }
    let ports = [port(36, WriteMode::Normal); 2];
    let mut block = Dp16kd::new(ports, false, &initial);
    block.edge(&[IDLE, access(0, None)]);
    assert_eq!(block.outputs(&[IDLE; 2]), [0x2ab55, 0x15555]);
}

#[test]
fn the_lowest_address_bits_enable_bytes() {
    let ports = [port(18, WriteMode::Normal), port(9, WriteMode::Normal)];
    let mut block = Dp16kd::new(ports, false, &[]);
    block.edge(&[access(0x10 | 0b10, Some(0x3ffff)), IDLE]);
    assert_eq!(read(&mut block, 0x10), 0);
    assert_eq!(read(&mut block, 0x18), 0x1ff);
}

#[test]
fn write_modes_differ_in_what_is_shown() {
    for (mode, expected) in [
        (WriteMode::Normal, 0),
        (WriteMode::WriteThrough, 7),
        (WriteMode::ReadBeforeWrite, 5),
    ] {
        let mut block = Dp16kd::new([port(9, mode), port(9, mode)], false, &[5]);
        block.edge(&[access(0, Some(7)), IDLE]);
        assert_eq!(block.outputs(&[IDLE; 2])[0], expected, "{mode:?}");
        assert_eq!(read(&mut block, 0), 7);
    }
}

#[test]
fn what_the_vendor_leaves_open_is_neither_old_nor_hidden() {
    let ports = [port(9, WriteMode::ReadBeforeWrite); 2];
    let mut block = Dp16kd::new(ports, false, &[0x0f]);
    block.edge(&[access(0, Some(0x0f)), access(0, None)]);
    assert_eq!(block.outputs(&[IDLE; 2]), [0x0f, 0x1f0]);
    block.edge(&[access(0, Some(0x0f)), access(0, Some(0x0f))]);
    assert_eq!(read(&mut block, 0), 0x1f0);
}

#[test]
fn resets_enables_and_selects() {
    let registered = MemoryPort {
        output_register: true,
        select: 5,
        ..port(9, WriteMode::Normal)
    };
    let mut block = Dp16kd::new([registered; 2], false, &[3]);
    let chosen = MemoryInputs {
        select: 5,
        output_enable: true,
        ..access(0, None)
    };
    block.edge(&[access(0, Some(9)), chosen]);
    assert_eq!(block.outputs(&[IDLE; 2])[1], 0, "one register more");
    block.edge(&[IDLE, chosen]);
    assert_eq!(block.outputs(&[IDLE; 2])[1], 3, "not written: not selected");
    let reset = MemoryInputs {
        reset: true,
        write: true,
        ..chosen
    };
    assert_eq!(block.outputs(&[IDLE, reset])[1], 3, "synchronous");
    block.edge(&[IDLE, reset]);
    assert_eq!(block.outputs(&[IDLE; 2])[1], 0);
    block.edge(&[IDLE, chosen]);
    block.edge(&[IDLE, chosen]);
    assert_eq!(block.outputs(&[IDLE; 2])[1], 3, "a reset writes nothing");
    block.asynchronous = true;
    assert_eq!(block.outputs(&[IDLE, reset])[1], 0, "at once");
}
