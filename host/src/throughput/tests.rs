use super::*;
use crate::network::{Shape, Vgg};
use crate::plan::testing::{body, image, random};
use crate::plan::{plan, stream, PlanOptions};
use crate::quantise::QuantisedNetwork;
use crate::run::run_stream;
use proptest::prelude::*;
use rowfuse_spec::config::preset;
use rowfuse_spec::frame::{Frame, KIND_INFO, KIND_RUN, KIND_STATUS};
use rowfuse_testbench::board::{Board, BoardError, Client, FunctionalBoard, Reply};
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

/// Counts the bytes of frames on the way to a board and back, those of STATUS and RUN apart.
struct Counting {
    board: FunctionalBoard,
    counts: Rc<RefCell<Counts>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    data: Traffic,
    runs: Traffic,
    status: Traffic,
}

impl Board for Counting {
    fn describe(&self) -> String {
        "counting".into()
    }

    fn request(&mut self, kind: u8, payload: &[u8]) -> Result<Reply, BoardError> {
        let reply = self.board.request(kind, payload)?;
        let bytes = |payload: &[u8]| {
            let frame = Frame::request(kind, 0, payload.to_vec());
            frame.encode().unwrap().len() as u64
        };
        let both = Traffic {
            to_board: bytes(payload),
            from_board: bytes(&reply.payload),
            requests: 1,
        };
        let mut counts = self.counts.borrow_mut();
        let sum = match kind {
            KIND_INFO => return Ok(reply),
            KIND_RUN => &mut counts.runs,
            KIND_STATUS => &mut counts.status,
            _ => &mut counts.data,
        };
        *sum = *sum + both;
        Ok(reply)
    }
}

fn question<'a>(
    network: &'a QuantisedNetwork,
    plan: &'a Plan,
    stream: Option<&'a Stream>,
) -> Question<'a> {
    Question {
        plan,
        layers: &network.layers,
        stream,
        counted: None,
        baud: 3_000_000,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_stream_moves_the_bytes_that_are_calculated(
        layers in prop::collection::vec((1usize..20, Just(false)), 1..4), seed: u64, count in 1usize..4,
        height in 5usize..40, width in 5usize..40, name in prop::sample::select(vec!["tiny-1", "small-2", "small-4"]),
    ) {
        let network = random(Shape::new(3, height, width), &layers, seed);
        let config = preset(name).unwrap();
        let plan = plan(&network, &config, &PlanOptions::default()).unwrap();
        let stream = stream(&plan).unwrap();
        let expected = Throughput::of(&question(&network, &plan, Some(&stream))).unwrap();

        let counts = Rc::new(RefCell::new(Counts::default()));
        let board = Counting { board: FunctionalBoard::new(config.clone()).unwrap(), counts: Rc::clone(&counts) };
        let mut client = Client::connect(board, &config).unwrap();
        let images: Vec<_> = (0..count as u64).map(|seed| image(network.network.input, seed)).collect();
        let go_on = &mut |_| ControlFlow::Continue(());
        run_stream(&mut client, &plan, &network.layers, &images, go_on).unwrap();

        let counts = *counts.borrow();
        let link = &expected.link;
        let images = count as u64;
        prop_assert_eq!(counts.data, expected.upload.traffic + (link.input + link.output) * images);
        // A board may be asked for its status more than once, but not less.
        let status = counts.status.bytes() / (link.control.bytes() - counts.runs.bytes() / images);
        prop_assert!(status >= images);
        prop_assert_eq!(counts.runs + counts.status, link.control * images + status_of(&counts, status - images, status));
    }
}

/// `more` of all the `asked` STATUS exchanges.
fn status_of(counts: &Counts, more: u64, asked: u64) -> Traffic {
    Traffic {
        to_board: counts.status.to_board / asked * more,
        from_board: counts.status.from_board / asked * more,
        requests: more,
    }
}

#[test]
fn a_photograph_takes_longer_on_three_megabaud_than_its_frame() {
    let network = body(&Vgg::Vgg16.network(224), 1);
    let config = at_clock(preset("ulx3s-85f").unwrap(), Some(90)).unwrap();
    let plan = plan(&network, &config, &PlanOptions::default()).unwrap();
    let stream = stream(&plan).unwrap();
    let asked = question(&network, &plan, Some(&stream));
    let found = Throughput::of(&asked).unwrap();
    let link = &found.link;
    // Three channels take the place of four: 112 × 112 quads of four channels, in 196 frames of 1024 bytes and 14 around them.
    assert_eq!(link.input_bytes, 112 * 112 * 4 * 4);
    assert_eq!(
        link.input,
        Traffic {
            to_board: 196 * (1024 + 14),
            from_board: 196 * 10,
            requests: 196
        }
    );
    // Of the replies only the last one is waited for; of READs only the first request.
    let slots = |seconds: f64| (seconds * 300_000.0).round() as u64;
    assert_eq!(slots(link.input_seconds), 196 * (1024 + 14) + 10);
    let requests = link.output.requests;
    assert_eq!(link.output.to_board, requests * 18);
    assert_eq!(slots(link.output_seconds), link.output.from_board + 18);
    assert_eq!(
        link.control,
        Traffic {
            to_board: 14 + 10,
            from_board: 10 + 58,
            requests: 2
        }
    );
    let streamed = link.overlapped.unwrap();
    assert_eq!(streamed.bound, Binding::Link);
    assert_eq!(streamed.seconds, link.seconds);
    assert!(link.one_at_a_time.seconds > streamed.seconds + 0.3);
    // The array can be no slower than array and memory.
    assert!(found.engine.cycles < found.predicted.cycles);
    assert!(found.engine.cycles > found.predicted.cycles * 3 / 4);
    assert!(
        (14_700_000..15_200_000).contains(&found.upload.bytes),
        "{}",
        found.upload.bytes
    );

    // What is counted goes before what is predicted, and binds if it is slow enough.
    let counted = Some(90_000_000);
    let slow = Throughput::of(&Question { counted, ..asked }).unwrap();
    let streamed = slow.link.overlapped.unwrap();
    assert_eq!(
        (slow.board().seconds, streamed.bound),
        (1.0, Binding::Board)
    );
    assert_eq!(streamed.seconds, 1.0 + link.control.seconds(3_000_000));
    assert_eq!(slow.link.one_at_a_time.seconds, 1.0 + link.seconds);

    // Without room for two images each group's program is run and nothing overlaps.
    let groups = Throughput::of(&question(&network, &plan, None)).unwrap();
    assert_eq!(groups.link.overlapped, None);
    assert_eq!(groups.link.control, link.control * plan.groups.len() as u64);
    assert_eq!(groups.predicted.cycles, plan.prediction().cycles);
}

#[test]
fn totals_are_per_image_and_count_the_time_between_them() {
    let network = random(Shape::new(3, 16, 16), &[(4, false)], 1);
    let config = preset("small-4").unwrap();
    let plan = plan(&network, &config, &PlanOptions::default()).unwrap();
    let one = Totals::of_plan(&plan);
    let predicted = plan.prediction().cycles;
    assert_eq!(
        (one.cycles, one.predicted_cycles),
        (Some(predicted), predicted)
    );
    assert_eq!(one.macs, 16 * 16 * 3 * 4 * 9);
    let clock = u64::from(config.clock_mhz) * 1_000_000;
    let two = Totals::of_run(&plan, 2, 2 * predicted, Some(clock - 10), 10);
    assert_eq!((two.fps, two.macs), (Some(2.0), 2 * one.macs));
    assert_eq!(two.sdram_bytes, 2 * one.sdram_bytes);
    assert_eq!(Totals::of_run(&plan, 1, predicted, None, 0).fps, None);
}

#[test]
fn rates_and_clocks_that_cannot_be_are_refused() {
    let network = random(Shape::new(3, 16, 16), &[(4, false)], 1);
    let config = preset("small-4").unwrap();
    let plan = plan(&network, &config, &PlanOptions::default()).unwrap();
    let most = uart::baud(uart::MAX_INCREMENT, config.clock_mhz);
    for (baud, good) in [
        (0, false),
        (1, false),
        (115_200, true),
        (most, true),
        (most + 1_000, false),
    ] {
        let asked = Question {
            baud,
            ..question(&network, &plan, None)
        };
        let found = Throughput::of(&asked);
        assert_eq!(found.is_ok(), good, "{baud}");
        if let Err(error) = found {
            assert!(error.to_string().contains(&most.to_string()), "{error}");
        }
    }
    for clock in [0, 1, 250, u32::MAX] {
        let found = at_clock(config.clone(), Some(clock));
        assert!(matches!(found, Err(ThroughputError::Clock(_))), "{clock}");
    }
}
