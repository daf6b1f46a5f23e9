use super::*;
use rowfuse_spec::frame::{Frame, Request};
use std::time::Duration;
use tokio::time::Instant;

fn rules(text: &str) -> Vec<Rule> {
    Rule::list(text).unwrap()
}

/// What becomes of bytes that go to the board at once.
fn passed(text: &str, bytes: &[u8]) -> (Vec<Item>, Counts) {
    let mut faults = Faults::new(&rules(text), 1);
    let items = faults.pass(Direction::Request, bytes, Instant::now());
    (items, *faults.counts())
}

fn bytes_of(items: &[Item]) -> Vec<u8> {
    let byte = |item: &Item| match item {
        Item::Byte(byte) => Some(*byte),
        _ => None,
    };
    items.iter().filter_map(byte).collect()
}

#[test]
fn descriptions_are_read() {
    let found = rules("flip=1e-5, delay.reply=0.5:20us,noise@7:3,stop@9,cut.request=1:1s,");
    let expected = [
        Rule::new(Kind::Flip, None, When::Chance(1e-5)),
        Rule {
            length: Length::For(Duration::from_micros(20)),
            ..Rule::new(Kind::Delay, Some(Direction::Reply), When::Chance(0.5))
        },
        Rule {
            length: Length::Bytes(3),
            ..Rule::new(Kind::Noise, None, When::At(7))
        },
        Rule::new(Kind::Stop, None, When::At(9)),
        Rule {
            length: Length::For(Duration::from_secs(1)),
            ..Rule::new(Kind::Cut, Some(Direction::Request), When::Chance(1.0))
        },
    ];
    assert_eq!(found, expected);
    assert_eq!(rules(""), []);
    for kind in Kind::ALL {
        let text = format!("{}=0.1", kind.name());
        assert_eq!(rules(&text), [Rule::new(kind, None, When::Chance(0.1))]);
    }
}

#[test]
fn what_is_no_description_is_refused() {
    for (text, reason) in [
        ("flip", "needs ="),
        ("flap=1", "there is no \"flap\", only flip"),
        ("flip=0", "no probability"),
        ("flip=-1", "no probability"),
        ("flip=1.5", "no probability"),
        ("flip=NaN", "no probability"),
        ("flip=x", "no probability"),
        ("flip@-1", "no number"),
        ("flip@", "no number"),
        ("flip.up=0.1", "directions"),
        ("flip=0.1:3", "no further figure"),
        ("noise=0.1:0", "number of bytes"),
        ("noise=0.1:20ms", "number of bytes"),
        ("cut=0.1:20", "no time"),
        ("lose=0.1,delay=0.1:soon", "no time"),
    ] {
        let error = Rule::list(text).unwrap_err();
        assert!(error.to_string().contains(reason), "{text}: {error}");
    }
}

#[test]
fn bytes_are_damaged_where_the_rule_says() {
    let sent: Vec<u8> = (0..20).collect();
    assert_eq!(bytes_of(&passed("", &sent).0), sent);
    let (items, counts) = passed("flip@3", &sent);
    let found = bytes_of(&items);
    let differ: Vec<usize> = (0..20).filter(|&n| found[n] != sent[n]).collect();
    assert_eq!(differ, [3]);
    assert_eq!((found[3] ^ sent[3]).count_ones(), 1);
    assert_eq!((counts.of(Kind::Flip), counts.total()), (1, 1));

    let without: Vec<u8> = sent.iter().copied().filter(|&byte| byte != 5).collect();
    assert_eq!(bytes_of(&passed("lose@5", &sent).0), without);
    let doubled = [&sent[..6], &sent[5..]].concat();
    assert_eq!(bytes_of(&passed("double@5", &sent).0), doubled);
    assert_eq!(bytes_of(&passed("noise@5:9", &sent).0).len(), 28);
    let (items, _) = passed("delay@5:3ms", &sent);
    assert_eq!(items[5], Item::Pause(Duration::from_millis(3)));
    for (text, happening) in [
        ("reset@5", Happening::Reset),
        ("power@5", Happening::Power),
        ("stop@5", Happening::Stop(None)),
        ("echo@5:1s", Happening::Echo(Some(Duration::from_secs(1)))),
        ("cut@5", Happening::Cut(Some(Duration::from_millis(500)))),
    ] {
        let (items, counts) = passed(text, &sent);
        assert_eq!(items[5], Item::Happening(happening));
        assert_eq!(bytes_of(&items), sent);
        assert_eq!(counts.total(), 1);
    }
}

#[test]
fn rules_for_one_direction_leave_the_other_alone() {
    let mut faults = Faults::new(&rules("lose.reply=1"), 1);
    let now = Instant::now();
    let request = faults.pass(Direction::Request, &[1, 2], now);
    assert_eq!(bytes_of(&request), [1, 2]);
    assert!(faults.pass(Direction::Reply, &[1, 2], now).is_empty());
    assert_eq!(faults.counts().of(Kind::Lose), 2);
}

#[test]
fn chances_are_about_what_they_say_and_follow_the_seed() {
    let bytes = vec![0; 200_000];
    let count = |seed| {
        let mut faults = Faults::new(&rules("lose.request=0.01"), seed);
        faults.pass(Direction::Request, &bytes, Instant::now());
        faults.counts().of(Kind::Lose)
    };
    let found = count(1);
    // Five standard deviations of 44.
    assert!((1_780..=2_220).contains(&found), "{found}");
    assert_eq!(found, count(1));
    assert_ne!(found, count(2));
}

fn frame(seq: u8) -> Vec<u8> {
    let frame: Frame = Request::Info.frame(seq).unwrap();
    frame.encode().unwrap()
}

#[test]
fn frames_are_doubled_and_exchanged() {
    let [a, b, c] = [1, 2, 3].map(frame);
    let sent = [&a[..], &[0, 9], &b, &c].concat();
    let doubled = [&a[..], &[0, 9], &b, &b, &c].concat();
    assert_eq!(bytes_of(&passed("twice@1", &sent).0), doubled);
    let exchanged = [&[0, 9][..], &b, &a, &c].concat();
    assert_eq!(bytes_of(&passed("swap@0", &sent).0), exchanged);
    // The frame that is waited for is itself to be exchanged, and one is held at a time.
    assert_eq!(
        bytes_of(&passed("swap=1", &sent).0),
        [&[0, 9][..], &b, &a].concat()
    );
}

#[test]
fn a_frame_without_another_to_exchange_it_with_is_let_go() {
    let mut faults = Faults::new(&rules("swap@0:50ms"), 1);
    let now = Instant::now();
    assert!(faults
        .pass(Direction::Request, &frame(1)[..6], now)
        .is_empty());
    assert_eq!(
        faults.due(Direction::Request),
        Some(now + Duration::from_millis(50))
    );
    assert_eq!(faults.due(Direction::Reply), None);
    assert_eq!(bytes_of(&faults.release(Direction::Request)), frame(1)[..6]);
    let rest = faults.pass(Direction::Request, &frame(1)[6..], now);
    assert_eq!(bytes_of(&rest), frame(1)[6..]);
    assert_eq!(faults.due(Direction::Request), None);
}
