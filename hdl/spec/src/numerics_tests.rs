use super::*;
use proptest::prelude::*;

fn naive(acc: i32, bias: i32, multiplier: u16, shift: u32) -> u8 {
    let m = 9 * i128::from(multiplier);
    let twice = (i128::from(acc) + i128::from(bias)) * m * 2 + (1i128 << shift);
    twice.div_euclid(1i128 << (shift + 1)).clamp(0, 255) as u8
}

fn multiply<const R: usize, const N: usize, const C: usize>(
    a: &[[i64; N]; R],
    b: &[[i64; C]; N],
) -> [[i64; C]; R] {
    std::array::from_fn(|r| std::array::from_fn(|c| (0..N).map(|k| a[r][k] * b[k][c]).sum()))
}

fn transpose<const R: usize, const C: usize>(a: &[[i64; C]; R]) -> [[i64; R]; C] {
    std::array::from_fn(|c| std::array::from_fn(|r| a[r][c]))
}

/// One pass of the output transform over the columns; panics if a shift is not exact.
fn output_pass<const C: usize>(m: &[[i64; C]; 6]) -> [[i64; C]; 4] {
    let mut rows = multiply(&AT, m);
    for (row, shift) in rows.iter_mut().zip(AT_SHIFT) {
        for value in row {
            assert_eq!(*value % (1 << shift), 0, "a shift must be exact");
            *value >>= shift;
        }
    }
    rows
}

fn requant() -> impl Strategy<Value = Requant> {
    (
        -BIAS_LIMIT..=BIAS_LIMIT,
        1..=u16::MAX,
        SHIFT_MIN..=SHIFT_MAX,
    )
        .prop_map(|(bias, multiplier, shift)| Requant {
            bias,
            multiplier,
            shift,
        })
}

proptest! {
    #[test]
    fn requantise_is_its_definition(acc in -(1i32 << 28)..(1 << 28), q in requant()) {
        prop_assert_eq!(q.apply(acc), naive(acc, q.bias, q.multiplier, q.shift));
    }

    #[test]
    fn requantise_in_the_unsaturated_range(acc in -3000i32..3000, m in 1u16..2000, shift in 16u32..20) {
        prop_assert_eq!(requantise(acc, 0, m, shift), naive(acc, 0, m, shift));
    }

    #[test]
    fn raw_parameters_mean_the_same(acc in -(1i32 << 28)..(1 << 28), q in requant()) {
        let raw = RawParameters::from_words(&q.encode().unwrap());
        prop_assert_eq!(raw.apply(acc), q.apply(acc));
    }

    #[test]
    fn parameters_round_trip(q in requant()) {
        prop_assert_eq!(Requant::decode(&q.encode().unwrap()), Ok(q));
    }

    #[test]
    fn what_decodes_encodes_to_itself(words in any::<[u16; 4]>()) {
        if let Ok(q) = Requant::decode(&words) {
            prop_assert_eq!(q.encode().unwrap(), words);
        }
    }

    #[test]
    fn winograd_gives_nine_times_the_convolution(
        d in prop::collection::vec(prop_oneof![0i64..=255, Just(0), Just(255)], 36),
        g in prop::collection::vec(prop_oneof![-128i64..=127, Just(-128), Just(127)], 9),
    ) {
        let d: [[i64; 6]; 6] = std::array::from_fn(|r| std::array::from_fn(|c| d[6 * r + c]));
        let g: [[i64; 3]; 3] = std::array::from_fn(|r| std::array::from_fn(|c| g[3 * r + c]));
        let u = multiply(&multiply(&G, &g), &transpose(&G));
        let v = multiply(&multiply(&BT, &d), &transpose(&BT));
        prop_assert!(u.iter().flatten().all(|x| (-(1 << 13)..1 << 13).contains(x)));
        prop_assert!(v.iter().flatten().all(|x| (-(1 << 15)..1 << 15).contains(x)));
        let m: [[i64; 6]; 6] = std::array::from_fn(|r| std::array::from_fn(|c| u[r][c] * v[r][c]));
        let y = transpose(&output_pass(&transpose(&output_pass(&m))));
        for (r, row) in y.iter().enumerate() {
            for (c, &value) in row.iter().enumerate() {
                let direct: i64 = (0..9).map(|k| d[r + k / 3][c + k % 3] * g[k / 3][k % 3]).sum();
                prop_assert_eq!(value, OUTPUT_FACTOR * direct);
            }
        }
    }
}

#[test]
fn half_rounds_up() {
    // 9·m = 9·(2^15/9) is not a power of two, so search the exact halves instead of naming one.
    let (m, shift) = (0x8000, 19);
    for acc in -16..=16 {
        assert_eq!(
            requantise(acc, 0, m, shift),
            naive(acc, 0, m, shift),
            "{acc}"
        );
    }
    assert_eq!(requantise(8, 0, m, shift), 5, "4.5 rounds to 5");
    assert_eq!(requantise(-1, 0, m, shift), 0);
    assert_eq!(requantise(1 << 27, 0, m, 16), 255);
}

#[test]
fn illegal_parameters_are_named() {
    let good = Requant {
        bias: 0,
        multiplier: 1,
        shift: 16,
    };
    for (bad, sentence) in [
        (
            Requant {
                bias: BIAS_LIMIT + 1,
                ..good
            },
            "a bias of 1073741825 is beyond ±2^30",
        ),
        (
            Requant {
                bias: i32::MIN,
                ..good
            },
            "a bias of -2147483648 is beyond ±2^30",
        ),
        (
            Requant {
                multiplier: 0,
                ..good
            },
            "a multiplier of 0 is not possible: it must be from 1 to 65535",
        ),
        (
            Requant { shift: 15, ..good },
            "a shift of 15 is not possible: it must be from 16 to 47",
        ),
        (
            Requant { shift: 48, ..good },
            "a shift of 48 is not possible: it must be from 16 to 47",
        ),
    ] {
        assert_eq!(bad.encode().unwrap_err().to_string(), sentence);
    }
    assert!(
        Requant::decode(&[1, 0, 0, 1]).is_err(),
        "1 is not a multiple of nine"
    );
    assert!(
        Requant::decode(&[0, 0, 0x2000, 1]).is_err(),
        "reserved bits"
    );
}
