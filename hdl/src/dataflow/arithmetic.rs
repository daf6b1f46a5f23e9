//! Operations of arithmetic: sums, shifts, products, constant multiples.

use super::node::{Op, Value};
use super::{DataflowError, Graph, Range};

impl Graph {
    fn is_constant(&self, a: Value, v: i64) -> bool {
        self.nodes[a.index()].op == Op::Constant(v)
    }

    /// a + b.
    pub fn add(&mut self, a: Value, b: Value) -> Value {
        if self.is_constant(a, 0) {
            return b;
        }
        if self.is_constant(b, 0) {
            return a;
        }
        let mut v = [a, b];
        let stage = self.align(&mut v);
        match self.range(v[0]).checked_add(self.range(v[1])) {
            Some(range) => self.pure(Op::Add(v[0], v[1]), range, stage),
            None => self.overflow("add"),
        }
    }

    /// a − b.
    pub fn sub(&mut self, a: Value, b: Value) -> Value {
        if self.is_constant(b, 0) {
            return a;
        }
        let mut v = [a, b];
        let stage = self.align(&mut v);
        match self.range(v[0]).checked_sub(self.range(v[1])) {
            Some(range) => self.pure(Op::Sub(v[0], v[1]), range, stage),
            None => self.overflow("sub"),
        }
    }

    /// −a.
    pub fn neg(&mut self, a: Value) -> Value {
        match self.range(a).checked_neg() {
            Some(range) => self.pure(Op::Neg(a), range, self.nodes[a.index()].stage),
            None => self.overflow("neg"),
        }
    }

    /// a · 2^n: wires only.
    pub fn shl(&mut self, a: Value, n: u32) -> Value {
        if n == 0 {
            return a;
        }
        match self.range(a).checked_shl(n) {
            Some(range) => self.pure(Op::Shl(a, n), range, self.nodes[a.index()].stage),
            None => self.overflow("shl"),
        }
    }

    /// a / 2^n rounded down: wires only.
    pub fn shr(&mut self, a: Value, n: u32) -> Value {
        if n == 0 {
            return a;
        }
        let n = n.min(63);
        let range = self.range(a).shift_right(n);
        self.pure(Op::Shr(a, n), range, self.nodes[a.index()].stage)
    }

    /// a / 2^amount rounded down, by a barrel shifter without registers; `amount` in 0..=63.
    pub fn shift_right_by(&mut self, a: Value, amount: Value) -> Value {
        let amounts = self.range(amount);
        if !Range::new(0, 63).includes(amounts) {
            return self.argument(
                "shift_right_by",
                format!("an amount in {amounts} is beyond 0..=63"),
            );
        }
        if let Some(n) = amounts.single() {
            return self.shr(a, n as u32);
        }
        let mut v = [a, amount];
        let stage = self.align(&mut v);
        let amounts = self.range(v[1]);
        let from = self.range(v[0]);
        let range = from
            .shift_right(amounts.lo as u32)
            .hull(from.shift_right(amounts.hi as u32));
        self.pure(Op::ShrBy(v[0], v[1]), range, stage)
    }

    /// c · a by shifts and additions, combinational.
    pub fn scale(&mut self, a: Value, c: i64) -> Value {
        let Some(range) = self.range(a).checked_mul(Range::constant(c)) else {
            return self.overflow("scale");
        };
        // Canonical signed digits: no two neighbouring digits are both non-zero, hence the fewest additions.
        let (mut plus, mut minus, mut rest) = (Vec::new(), Vec::new(), i128::from(c));
        for n in 0.. {
            if rest == 0 {
                break;
            }
            if rest & 1 != 0 {
                let digit = 2 - (rest & 3);
                let shifted = self.shl(a, n);
                if digit > 0 {
                    plus.push(shifted);
                } else {
                    minus.push(shifted);
                }
                rest -= digit;
            }
            rest >>= 1;
        }
        let sum = self.difference(plus, minus);
        self.narrow(sum, range, "a constant multiple")
    }

    /// Σ c·v over the terms, by shifts and a balanced tree of additions, combinational. Small coefficients are meant.
    pub fn linear(&mut self, terms: &[(i64, Value)]) -> Value {
        let mut merged: Vec<(i64, Value)> = Vec::new();
        for &(c, v) in terms {
            match merged.iter_mut().find(|(_, known)| *known == v) {
                Some((sum, _)) => *sum += c,
                None => merged.push((c, v)),
            }
        }
        let (mut plus, mut minus) = (Vec::new(), Vec::new());
        for (c, v) in merged {
            if c > 0 {
                plus.push(self.scale(v, c));
            } else if c < 0 {
                match c.checked_neg() {
                    Some(c) => minus.push(self.scale(v, c)),
                    None => return self.overflow("linear"),
                }
            }
        }
        self.difference(plus, minus)
    }

    /// Sum of all values by a balanced tree, combinational; 0 for none.
    pub fn sum(&mut self, values: &[Value]) -> Value {
        match values {
            [] => self.constant(0),
            [one] => *one,
            _ => {
                let (left, right) = values.split_at(values.len().div_ceil(2));
                let (left, right) = (self.sum(left), self.sum(right));
                self.add(left, right)
            }
        }
    }

    fn difference(&mut self, plus: Vec<Value>, minus: Vec<Value>) -> Value {
        let negative = self.sum(&minus);
        if plus.is_empty() {
            return self.neg(negative);
        }
        let positive = self.sum(&plus);
        self.sub(positive, negative)
    }

    /// a · b in one 18×18 multiplier block: 3 stages (input, pipeline and output register).
    /// Both operands must fit 18 signed bits.
    pub fn mul(&mut self, a: Value, b: Value) -> Value {
        match self.product(a, b) {
            Ok((v, range, Some(stage))) => self.push(Op::Mul(v[0], v[1]), range, Some(stage + 3)),
            Ok((_, range, None)) => self.constant(range.lo),
            Err(zero) => zero,
        }
    }

    /// Asks place-and-route to put a product's multiplier block at a site of the device, such as `X4/Y10/MULT18_0`.
    /// Simulation knows nothing of it.
    pub fn locate(&mut self, product: Value, site: &str) {
        match self.nodes[product.index()].op {
            Op::Mul(..) => {
                self.sites.insert(product, site.to_owned());
            }
            // Folded: there is no block to place.
            Op::Constant(_) => {}
            _ => {
                self.argument("locate", format!("only a product has the site {site}"));
            }
        }
    }

    /// a · b with the same 3 stages as [`Graph::mul`], built of LUTs and flip-flops.
    pub fn mul_lut(&mut self, a: Value, b: Value) -> Value {
        match self.product(a, b) {
            Ok((v, range, Some(stage))) => {
                let tree = self.partial_products(v[0], v[1], range);
                let range = self.range(tree);
                let op = Op::MulLut {
                    a: v[0],
                    b: v[1],
                    tree,
                };
                self.push(op, range, Some(stage + 3))
            }
            Ok((_, range, None)) => self.constant(range.lo),
            Err(zero) => zero,
        }
    }

    /// Checks and aligns the operands of a multiplier. The range includes 0, what its registers hold at first,
    /// unless both are constants.
    #[allow(clippy::type_complexity)]
    fn product(&mut self, a: Value, b: Value) -> Result<([Value; 2], Range, Option<u32>), Value> {
        let mut v = [a, b];
        let stage = self.align(&mut v);
        for value in v {
            let range = self.range(value);
            if !Range::signed(18).includes(range) {
                let at = self.place();
                return Err(self.fail(DataflowError::Multiplier { at, range }));
            }
        }
        let Some(range) = self.range(v[0]).checked_mul(self.range(v[1])) else {
            return Err(self.overflow("mul"));
        };
        Ok(match stage {
            // Always 0: no multiplier at all.
            Some(_) if range == Range::constant(0) => (v, range, None),
            Some(_) => (v, range.with_zero(), stage),
            None => (v, range, None),
        })
    }

    /// The adder tree of a LUT multiplier: pairs of rows, a register, the first half of the tree, a register, the rest,
    /// a register.
    fn partial_products(&mut self, a: Value, b: Value, range: Range) -> Value {
        let (ra, rb) = (self.range(a), self.range(b));
        let constant = |g: &Self, v: Value| g.nodes[v.index()].stage.is_none();
        // Rows cost: take them from the narrower operand, or from a constant, whose zero bits cost nothing.
        let swap = !constant(self, b) && (constant(self, a) || ra.width() < rb.width());
        let (a, b) = if swap { (b, a) } else { (a, b) };
        let (width, signed) = (self.range(b).width(), self.range(b).is_signed());
        let mut rows = Vec::new();
        for bit in (0..width).step_by(2) {
            let low = self.row(a, b, bit);
            let pair = if bit + 1 < width {
                let high = self.row(a, b, bit + 1);
                let high = self.shl(high, 1);
                if signed && bit + 2 == width {
                    self.sub(low, high)
                } else {
                    self.add(low, high)
                }
            } else if signed {
                self.neg(low)
            } else {
                low
            };
            rows.push((self.reg(pair), bit));
        }
        let levels = rows.len().next_power_of_two().trailing_zeros();
        for level in 0..levels {
            if level == levels / 2 {
                rows = rows.iter().map(|(v, n)| (self.reg(*v), *n)).collect();
            }
            rows = rows
                .chunks(2)
                .map(|pair| match pair {
                    [(low, n), (high, m)] => {
                        let high = self.shl(*high, m - n);
                        (self.add(*low, high), *n)
                    }
                    rest => rest[0],
                })
                .collect();
        }
        let sum = if levels == 0 {
            self.reg(rows[0].0)
        } else {
            rows[0].0
        };
        let sum = self.narrow(sum, range, "a product");
        self.reg(sum)
    }

    fn row(&mut self, a: Value, b: Value, bit: u32) -> Value {
        let bit = self.bits(b, bit, 1);
        let zero = self.constant(0);
        self.if_else(bit, a, zero)
    }
}
