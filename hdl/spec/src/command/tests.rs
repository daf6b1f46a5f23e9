use super::*;
use proptest::prelude::*;

const TABLES: [(u8, &[FieldSpec]); 5] = [
    (OP_LOAD, LOAD_FIELDS),
    (OP_WEIGHTS, WEIGHTS_FIELDS),
    (OP_PARAMS, PARAMS_FIELDS),
    (OP_CONV, CONV_FIELDS),
    (OP_END, END_FIELDS),
];

fn words_of(opcode: u8, table: &[FieldSpec], value: impl Fn(&FieldSpec) -> u32) -> [u16; 32] {
    let mut words = [0; COMMAND_WORDS];
    words[0] = u16::from(opcode);
    for spec in table {
        words[spec.word] = ((value(spec) >> spec.shift) & spec.mask()) as u16;
    }
    words
}

/// Any legal command: each field at its minimum, its maximum or between.
fn any_command() -> impl Strategy<Value = Command> {
    (
        0..TABLES.len(),
        any::<u8>(),
        prop::collection::vec((any::<u32>(), 0..4), 32),
    )
        .prop_map(|(which, masks, seeds)| {
            let (opcode, table) = TABLES[which];
            let mut words = words_of(opcode, table, |spec| {
                // Both words of a field draw from the first one's seed.
                let first = table.iter().find(|s| s.field == spec.field).unwrap();
                match seeds[first.word] {
                    (_, 0) => spec.min,
                    (_, 1) => spec.max,
                    (seed, _) => spec.min + seed % (spec.max - spec.min + 1),
                }
            });
            if opcode != OP_END {
                words[0] |= u16::from(masks) << 8;
            }
            Command::decode(&words).unwrap()
        })
}

proptest! {
    #[test]
    fn encoded_decodes_to_itself(command in any_command()) {
        let words = command.encode().unwrap();
        prop_assert_eq!(Command::decode(&words), Ok(command));
        prop_assert_eq!(Command::from_bytes(&command.to_bytes().unwrap()), Ok(command));
    }

    #[test]
    fn programs_round_trip(program in prop::collection::vec(any_command(), 0..6)) {
        if check_semaphores(&program).is_err() {
            prop_assert!(encode_program(&program).is_err());
            return Ok(());
        }
        let bytes = encode_program(&program).unwrap();
        prop_assert_eq!(bytes.len(), 64 * program.len());
        prop_assert_eq!(decode_program(&bytes).unwrap(), program.clone());
        let lines = disassemble(&bytes);
        prop_assert_eq!(lines.len(), program.len());
        for (line, command) in lines.iter().zip(&program) {
            prop_assert_eq!(line.command.as_ref(), Ok(command));
        }
        prop_assert!(bytes.is_empty() || decode_program(&bytes[1..]).is_err());
    }

    #[test]
    fn what_decodes_encodes_to_itself(mut words in any::<[u16; 32]>(), opcode in 0u16..16, rest in 2usize..33) {
        words[0] = words[0] & 0xFF00 | opcode;
        words[rest..].fill(0);
        if let Ok(command) = Command::decode(&words) {
            prop_assert_eq!(command.encode().unwrap(), words);
        }
    }

    #[test]
    fn disassembly_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(disassemble(&bytes).len(), bytes.len().div_ceil(64));
    }
}

#[test]
fn tables_are_sound() {
    for (_, table) in TABLES {
        for (place, spec) in table.iter().enumerate() {
            assert!((1..COMMAND_WORDS).contains(&spec.word));
            assert!(table[..place]
                .iter()
                .all(|s| s.word != spec.word && s.name != spec.name));
            let bits: u32 = table
                .iter()
                .filter(|s| s.field == spec.field)
                .map(|s| s.bits)
                .sum();
            assert!(spec.min < spec.max && spec.max < 1 << bits, "{}", spec.name);
            assert!(
                spec.max >= 1 << (bits - 1),
                "{} is wider than need be",
                spec.name
            );
        }
    }
    assert_eq!(field(CONV_FIELDS, "out_row_pitch_high").unwrap().word, 21);
    assert_eq!(field(LOAD_FIELDS, "ring_end").unwrap().bits, 14);
    assert!(field(LOAD_FIELDS, "address").is_none());
}

#[test]
fn every_field_out_of_range_is_named() {
    for (opcode, table) in TABLES {
        for spec in table.iter().filter(|spec| spec.shift == 0) {
            for wrong in [spec.min.wrapping_sub(1), spec.max + 1] {
                let mut command = Command::decode(&words_of(opcode, table, |s| s.min)).unwrap();
                each!(&mut command, inner => {
                    let good = inner.get(spec.field).unwrap();
                    inner.or_assign(spec.field, !good & wrong);
                });
                if command.value(spec.field) != Some(wrong) {
                    continue; // min − 1 = 0 cannot be reached by setting bits; tested below
                }
                let error = command.encode().unwrap_err();
                let (command, field, value) = (command.name(), spec.field, wrong);
                let (min, max) = (spec.min, spec.max);
                assert_eq!(
                    error,
                    CommandError::OutOfRange {
                        command,
                        field,
                        value,
                        min,
                        max
                    }
                );
            }
            if spec.min > 0 {
                let words = words_of(
                    opcode,
                    table,
                    |s| if s.field == spec.field { 0 } else { s.min },
                );
                let error = Command::decode(&words).unwrap_err();
                assert!(error
                    .to_string()
                    .contains(&format!("{} is 0, but must be", spec.field)));
            }
        }
    }
    let load = Load {
        sub_rows: 0,
        groups: 1,
        sub_cols: 1,
        row_pitch: 1,
        channel_stride: 1,
        ring_end: 1,
        ..Load::default()
    };
    assert_eq!(
        encode_program(&[Command::End(End::default()), Command::Load(load)])
            .unwrap_err()
            .to_string(),
        "command 1: LOAD: sub_rows is 0, but must be from 1 to 512"
    );
}

#[test]
fn reserved_bits_words_and_opcodes_are_refused() {
    for (opcode, table) in TABLES {
        let good = words_of(opcode, table, |spec| spec.min);
        Command::decode(&good).unwrap();
        for word in 1..COMMAND_WORDS {
            let spec = table.iter().find(|spec| spec.word == word);
            let mut bad = good;
            match spec {
                Some(spec) if spec.bits == 16 => continue,
                Some(spec) => bad[word] |= 1 << spec.bits,
                None => bad[word] = 1,
            }
            assert!(Command::decode(&bad).is_err(), "{opcode} {word}");
        }
    }
    for opcode in (0..=255).filter(|op| TABLES.iter().all(|(known, _)| known != op)) {
        let mut words = [0; COMMAND_WORDS];
        words[0] = u16::from(opcode);
        assert_eq!(
            Command::decode(&words),
            Err(CommandError::Opcode { opcode })
        );
    }
    let params = Command::Params(Params {
        header: Tokens::new(0, 16),
        ..Params::default()
    });
    assert_eq!(
        params.encode().unwrap_err().to_string(),
        "PARAMS: the signal mask is 0x10, but there are only four semaphores"
    );
    let end = Command::End(End {
        header: Tokens::new(1, 0),
        status: 0,
    });
    assert_eq!(end.encode(), Err(CommandError::EndTokens));
    let mut words = [0; COMMAND_WORDS];
    words[0] = u16::from(OP_END) | 1 << 12;
    assert_eq!(Command::decode(&words), Err(CommandError::EndTokens));
}

#[test]
fn a_semaphore_has_one_giver_and_one_taker() {
    let params = |wait, signal| {
        Command::Params(Params {
            header: Tokens::new(wait, signal),
            count: 1,
            ..Params::default()
        })
    };
    let weights = |wait, signal| {
        Command::Weights(Weights {
            header: Tokens::new(wait, signal),
            entries: 1,
            ..Weights::default()
        })
    };
    let load = |wait, signal| {
        let table = words_of(OP_LOAD, LOAD_FIELDS, |spec| spec.min);
        let mut command = Command::decode(&table).unwrap();
        each!(&mut command, inner => inner.header = Tokens::new(wait, signal));
        command
    };
    assert_eq!(
        check_semaphores(&[params(0, 1), weights(2, 1), load(1, 2)]),
        Ok(())
    );
    for (bad, semaphore) in [
        ([params(0, 1), load(0, 1)], 0),
        ([weights(8, 0), load(8, 0)], 3),
    ] {
        let source = Box::new(CommandError::SharedSemaphore { semaphore });
        assert_eq!(
            encode_program(&bad),
            Err(CommandError::At { index: 1, source })
        );
    }
}

#[test]
fn disassembly_reads_well() {
    let params = Params {
        header: Tokens::new(1, 6),
        address: 0x12_3456,
        index: 3,
        count: 64,
    };
    let mut bytes =
        encode_program(&[Command::Params(params), Command::End(End::default())]).unwrap();
    bytes.extend([7, 7]);
    assert_eq!(
        disassemble_text(&bytes),
        "000000  PARAMS  wait=0 signal=1,2 address=0x123456 index=3 count=64\n\
         000040  END     status=0\n\
         000080  ?        a program of 130 bytes is not a whole number of 64-byte commands\n"
    );
}

#[test]
fn each_flag_of_a_conv_is_a_bit_of_its_own() {
    for bits in 0..4 {
        let conv = Conv {
            output: bits,
            inset: bits,
            ..Conv::default()
        };
        assert_eq!(conv.pool(), bits & OUTPUT_POOL != 0);
        assert_eq!(conv.to_line_buffer(), bits & OUTPUT_LINE_BUFFER != 0);
        assert_eq!(conv.inset_rows(), bits & INSET_ROWS != 0);
        assert_eq!(conv.inset_cols(), bits & INSET_COLS != 0);
    }
}

#[test]
fn only_fields_wider_than_a_word_are_hexadecimal() {
    let mut counts = [0; 2];
    for command in [
        Command::Load(Load::default()),
        Command::Weights(Weights::default()),
        Command::Params(Params::default()),
        Command::Conv(Conv::default()),
    ] {
        let text = command.to_string();
        for spec in command.fields().iter().filter(|spec| spec.shift == 0) {
            let (_, value) = text
                .split_once(&format!(" {}=", spec.field))
                .unwrap_or_else(|| panic!("{} in {text}", spec.field));
            let wide = spec.max > u32::from(u16::MAX);
            assert_eq!(value.starts_with("0x"), wide, "{} in {text}", spec.field);
            counts[usize::from(wide)] += 1;
        }
    }
    assert!(counts.iter().all(|count| *count > 1), "{counts:?}");
}
