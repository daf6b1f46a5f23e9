//! What requests and replies carry.

use super::mutate::mutated;
use super::{corpus, fuzz, not_vacuous};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_spec::frame::{Frame, Info, Request, Status, MAX_DATA};

/// The payload of a frame of the corpus, mutated or as it is, and its kind, which may be another one's.
fn payload(random: &mut ChaCha8Rng) -> (u8, Vec<u8>) {
    let frames = corpus::frames();
    let frames: Vec<Frame> = frames
        .iter()
        .map(|bytes| Frame::decode(bytes).unwrap())
        .collect();
    let payloads: Vec<Vec<u8>> = frames.iter().map(|frame| frame.payload.clone()).collect();
    let place = random.gen_range(0..frames.len());
    let kind = match random.gen_range(0..4) {
        0 => random.gen(),
        1 => frames[random.gen_range(0..frames.len())].kind,
        _ => frames[place].kind,
    };
    let bytes = match random.gen_range(0..3) {
        // Half of the bytes of a STATUS are its counters: only these change here.
        0 => payloads[place]
            .iter()
            .map(|&byte| byte ^ (random.gen::<u8>() & random.gen::<u8>()))
            .collect(),
        1 => payloads[place].clone(),
        _ => mutated(&payloads[place], &payloads, random),
    };
    (kind, bytes)
}

#[test]
fn requests() {
    let mut found = 0;
    fuzz("requests", |random| {
        let (kind, bytes) = payload(random);
        let Ok(request) = Request::decode(kind, &bytes) else {
            return;
        };
        found += 1;
        assert_eq!(request.kind(), kind);
        assert_eq!(request.payload().as_deref(), Ok(&bytes[..]));
        if let Request::Write { data, .. } = &request {
            assert!(data.len() <= MAX_DATA);
        }
    });
    not_vacuous(&[found]);
}

#[test]
fn replies() {
    let (mut infos, mut statuses) = (0, 0);
    fuzz("replies", |random| {
        let (_, bytes) = payload(random);
        if let Ok(info) = Info::decode(&bytes) {
            assert_eq!(info.encode()[..], bytes);
            infos += 1;
        }
        if let Ok(status) = Status::decode(&bytes) {
            assert_eq!(status.encode(), bytes);
            statuses += 1;
        }
    });
    not_vacuous(&[infos, statuses]);
}
