use super::*;
use crate::cli::{Bars, Cli};
use clap::Parser;
use rowfuse::fault::Exit;
use rowfuse::network::Shape;
use rowfuse::plan::testing::{image, random};
use rowfuse::plan::{plan, PlanOptions};
use rowfuse_spec::frame::KIND_READ;
use rowfuse_testbench::board::{BoardError, FunctionalBoard, Reply};
use std::sync::atomic::AtomicBool;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// A board that reads one bit of its memory wrong, in its n-th reply to a READ.
struct Lying {
    board: FunctionalBoard,
    reads: usize,
}

impl Board for Lying {
    fn describe(&self) -> String {
        "lying".into()
    }

    fn request(&mut self, kind: u8, payload: &[u8]) -> Result<Reply, BoardError> {
        let mut reply = self.board.request(kind, payload)?;
        if kind == KIND_READ {
            if self.reads == 0 {
                reply.payload[3] ^= 4;
            }
            self.reads = self.reads.wrapping_sub(1);
        }
        Ok(reply)
    }
}

/// What a batch of three images reports whose n-th READ goes wrong. A last map is one READ, and so is every group's output.
fn batch(verify: Verify, reads: usize) -> Result<Report, Failure> {
    let cli = Cli::parse_from(["rowfuse", "--config", "small-4", "list"]);
    let context = Context::new(cli.common, Bars::new(&INTERRUPTED, true));
    let config = context.config()?;
    let network = random(Shape::new(3, 12, 9), &[(5, false), (6, true)], 2);
    let plan = plan(&network, &config, &PlanOptions::default())?;
    let images = [1, 2, 3].map(|seed| {
        let path = PathBuf::from(format!("{seed}.png"));
        (path, image(network.network.input, seed))
    });
    let batch = Batch {
        context: &context,
        network: &network,
        plan: &plan,
        images: &images,
        verify,
    };
    let board = FunctionalBoard::new(config.clone()).unwrap();
    let board: Box<dyn Board> = Box::new(Lying { board, reads });
    batch.run_on(Boards::One(Client::connect(board, &config).unwrap()), None)
}

#[test]
fn a_streams_wrong_answer_is_a_failed_comparison() {
    for (reads, name) in ["1.png", "2.png", "3.png"].iter().enumerate() {
        let failure = batch(Verify::Answer, reads).err().unwrap();
        assert_eq!((failure.exit, failure.exit.code()), (Exit::Comparison, 6));
        assert_eq!(failure.code, "compare.mismatch");
        for part in [name, "1 of 144 values", "(0, 1, 1)", "1 of 3 images"] {
            assert!(failure.message.contains(part), "{}", failure.message);
        }
    }
}

#[test]
fn totals_count_what_was_compared() {
    let totals = |verify, reads| batch(verify, reads).unwrap().result["totals"].take();
    for verify in [Verify::Layers, Verify::Answer] {
        assert_eq!(totals(verify, usize::MAX)["mismatches"], 0);
    }
    // Nobody looks.
    assert!(totals(Verify::None, 0)["mismatches"].is_null());
}
