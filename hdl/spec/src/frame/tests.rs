use super::*;
use crate::config::presets;
use crate::counters::{Counters, NUM_COUNTERS};
use crate::uart::{MAX_INCREMENT, MIN_INCREMENT};
use proptest::prelude::*;

fn any_frame() -> impl Strategy<Value = Frame> {
    let length = prop_oneof![4 => 0usize..40, 1 => 0usize..=MAX_PAYLOAD, 1 => Just(MAX_PAYLOAD)];
    let payload = length.prop_flat_map(|n| prop::collection::vec(any::<u8>(), n));
    (any::<u8>(), any::<u8>(), any::<u8>(), payload).prop_map(|(kind, seq, status, payload)| {
        Frame {
            kind,
            seq,
            status,
            payload,
        }
    })
}

proptest! {
    #[test]
    fn encoded_decodes_to_itself(frame in any_frame()) {
        prop_assert_eq!(Frame::decode(&frame.encode().unwrap()), Ok(frame));
    }

    #[test]
    fn every_flipped_bit_is_refused(frame in any_frame(), place in any::<prop::sample::Index>(), bit in 0..8) {
        let mut bytes = frame.encode().unwrap();
        let place = place.index(bytes.len());
        bytes[place] ^= 1u8 << bit;
        prop_assert!(Frame::decode(&bytes).is_err());
        prop_assert!(Decoder::new().push_all(&bytes).iter().all(|result| result.is_err()));
    }

    #[test]
    fn every_truncation_is_refused(frame in any_frame(), place in any::<prop::sample::Index>()) {
        let bytes = frame.encode().unwrap();
        let bytes = &bytes[..place.index(bytes.len())];
        let truncated = matches!(Frame::decode(bytes), Err(FrameError::Truncated { .. }));
        prop_assert!(truncated);
        prop_assert!(Decoder::new().push_all(bytes).is_empty());
    }

    #[test]
    fn frames_are_found_among_noise(
        frames in prop::collection::vec(any_frame(), 1..4),
        noise in prop::collection::vec(any::<u8>().prop_filter("no sync", |&b| b != SYNC), 0..9),
    ) {
        let mut stream = noise.clone();
        for frame in &frames {
            stream.extend(frame.encode().unwrap());
            stream.extend(&noise);
        }
        let found: Result<Vec<Frame>, _> = Decoder::new().push_all(&stream).into_iter().collect();
        prop_assert_eq!(found, Ok(frames));
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 0u8..10) {
        Decoder::new().push_all(&bytes);
        if let Ok(request) = Request::decode(kind, &bytes) {
            prop_assert_eq!(request.payload().unwrap(), bytes);
        }
    }

    #[test]
    fn requests_round_trip(
        half in 0u32..0xFF_0000,
        data in prop::collection::vec(any::<[u8; 2]>(), 1..=512),
        length in 1u16..=512,
        increment in MIN_INCREMENT..=MAX_INCREMENT,
    ) {
        let address = 2 * half;
        for request in [
            Request::Info,
            Request::Write { address, data: data.concat() },
            Request::Read { address, length: 2 * length },
            Request::Run { address },
            Request::Status,
            Request::Abort,
            Request::Rate { increment },
            Request::Checksum { address, length: 126 * length },
        ] {
            let frame = request.frame(9).unwrap();
            prop_assert_eq!(Request::decode(frame.kind, &frame.payload), Ok(request));
        }
    }

    #[test]
    fn status_round_trips(busy: bool, program_status: u16, counters: [u32; NUM_COUNTERS]) {
        let status = Status { busy, program_status, counters: Counters(counters) };
        prop_assert_eq!(Status::decode(&status.encode()), Ok(status));
    }
}

#[test]
fn every_bit_of_a_short_frame_matters() {
    let bytes = Frame::request(KIND_RUN, 7, vec![SYNC, 0, 1, 2])
        .encode()
        .unwrap();
    for bit in 0..8 * bytes.len() {
        let mut bad = bytes.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(
            Decoder::new()
                .push_all(&bad)
                .iter()
                .all(|result| result.is_err()),
            "bit {bit}"
        );
    }
}

#[test]
fn hunts_again_after_a_refusal() {
    let good = Frame::request(KIND_INFO, 1, vec![]);
    let mut bytes = good.encode().unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    bytes.extend([SYNC, 1, 2, 3, 0x09, 0x04]); // a length of 1033
    bytes.extend(good.encode().unwrap());
    let found = Decoder::new().push_all(&bytes);
    assert!(matches!(found[0], Err(FrameError::BadCrc { .. })));
    assert_eq!(
        found[1],
        Err(FrameError::TooLong {
            length: 1033,
            max: 1032
        })
    );
    assert_eq!(found[2], Ok(good));
    assert_eq!(found.len(), 3);
    let long = Frame {
        payload: vec![0; 1033],
        ..Frame::default()
    };
    assert_eq!(
        long.encode(),
        Err(FrameError::TooLong {
            length: 1033,
            max: 1032
        })
    );
}

#[test]
fn hostile_requests_are_refused() {
    let address = |a: u32, rest: &[u8]| [&a.to_le_bytes()[..], rest].concat();
    for (kind, payload, status) in [
        (0x00, vec![], ReplyStatus::UnknownKind),
        (0x81, vec![], ReplyStatus::UnknownKind),
        (KIND_INFO, vec![0], ReplyStatus::BadLength),
        (KIND_WRITE, vec![0; 3], ReplyStatus::BadLength),
        (KIND_WRITE, address(0, &[]), ReplyStatus::BadLength),
        (KIND_WRITE, address(0, &[1, 2, 3]), ReplyStatus::BadLength),
        (KIND_WRITE, address(0, &[0; 1026]), ReplyStatus::BadLength),
        (KIND_WRITE, address(1, &[0; 2]), ReplyStatus::BadAddress),
        (
            KIND_WRITE,
            address(0x1FF_FFFE, &[0; 4]),
            ReplyStatus::BadAddress,
        ),
        (
            KIND_WRITE,
            address(0xFFFF_FFFE, &[0; 4]),
            ReplyStatus::BadAddress,
        ),
        (KIND_READ, address(0, &[0, 0, 0, 0]), ReplyStatus::BadLength),
        (KIND_READ, address(0, &[3, 0, 0, 0]), ReplyStatus::BadLength),
        (KIND_READ, address(0, &[2, 4, 0, 0]), ReplyStatus::BadLength),
        (KIND_READ, address(0, &[2, 0, 1, 0]), ReplyStatus::BadLength),
        (
            KIND_READ,
            address(0x200_0000, &[2, 0, 0, 0]),
            ReplyStatus::BadAddress,
        ),
        (
            KIND_CHECKSUM,
            address(0, &[0, 0, 0, 0]),
            ReplyStatus::BadLength,
        ),
        (
            KIND_CHECKSUM,
            address(0, &[255, 255, 0, 0]),
            ReplyStatus::BadLength,
        ),
        (
            KIND_CHECKSUM,
            address(0, &[2, 0, 0, 1]),
            ReplyStatus::BadLength,
        ),
        (
            KIND_CHECKSUM,
            address(0, &[2, 0, 0]),
            ReplyStatus::BadLength,
        ),
        (
            KIND_CHECKSUM,
            address(5, &[2, 0, 0, 0]),
            ReplyStatus::BadAddress,
        ),
        (
            KIND_CHECKSUM,
            address(0x1FF_0004, &[0xFE, 0xFF, 0, 0]),
            ReplyStatus::BadAddress,
        ),
        (KIND_RUN, address(0, &[0]), ReplyStatus::BadLength),
        (KIND_RUN, address(3, &[]), ReplyStatus::BadAddress),
        (KIND_STATUS, vec![0; 4], ReplyStatus::BadLength),
        (KIND_ABORT, vec![0; 2], ReplyStatus::BadLength),
        (KIND_RATE, vec![0, 1, 0], ReplyStatus::BadLength),
        (KIND_RATE, address(1000, &[0]), ReplyStatus::BadLength),
        (KIND_RATE, address(0, &[]), ReplyStatus::BadRate),
        (
            KIND_RATE,
            address(MIN_INCREMENT - 1, &[]),
            ReplyStatus::BadRate,
        ),
        (
            KIND_RATE,
            address(MAX_INCREMENT + 1, &[]),
            ReplyStatus::BadRate,
        ),
        (KIND_RATE, address(!0, &[]), ReplyStatus::BadRate),
    ] {
        let error = Request::decode(kind, &payload).unwrap_err();
        assert_eq!(ReplyStatus::from(&error), status, "{kind:#x} {payload:?}");
    }
}

#[test]
fn info_round_trips() {
    for config in presets() {
        let info = Info::of(&config, 0x1234_5678);
        assert_eq!(Info::decode(&info.encode()), Ok(info));
        assert_eq!(info.memory_kib, 32_768);
    }
    assert!(Info::decode(&[0; 15]).is_err());
    assert!(Status::decode(&[0; 49]).is_err());
    let mut busy = Status::default().encode();
    busy[0] = 2;
    assert_eq!(Status::decode(&busy), Err(FrameError::Busy { found: 2 }));
    assert_eq!(ReplyStatus::from_byte(5), Some(ReplyStatus::BadAddress));
    assert_eq!(ReplyStatus::from_byte(6), Some(ReplyStatus::BadRate));
    assert_eq!(ReplyStatus::from_byte(7), None);
}
