//! Refunds in any order: to the cent, never more, never negative.

use proptest::prelude::*;

use super::*;
use crate::base::Currency::{Eur, Usd};

fn eur(minor: i64) -> Money {
    Money::new(minor, Eur)
}

fn line(text: &str) -> Line<60> {
    Line::new(text).unwrap()
}

fn item(sku: &str, quantity: u32, unit: i64) -> LineItem {
    LineItem {
        sku: line(sku),
        title: Line::new(sku).unwrap(),
        options: String::new(),
        handle: String::new(),
        picture: None,
        quantity,
        unit_price: eur(unit),
        total: eur(unit).times(quantity).unwrap(),
    }
}

/// An order and its refunds.
struct Books {
    lines: Vec<LineItem>,
    totals: Totals,
    given: Vec<Portion>,
}

impl Books {
    fn of(items: &[(u32, i64)], shipping: i64, rate: u16) -> Self {
        let named = items.iter().enumerate();
        let lines: Vec<_> =
            named.map(|(place, (quantity, unit))| item(&format!("S{place}"), *quantity, *unit)).collect();
        let totals = Totals::of(lines.iter().map(|line| line.total), eur(shipping), rate).unwrap();
        Self { lines, totals, given: Vec::new() }
    }

    fn now(&self) -> Refunding<'_> {
        Refunding {
            lines: &self.lines,
            totals: &self.totals,
            captured: self.totals.total,
            given: &self.given,
        }
    }

    fn give(&mut self, wish: &Wish) -> Result<Portion, NotRefundable> {
        let portion = self.now().portion(wish)?;
        self.given.push(portion.clone());
        Ok(portion)
    }

    fn tax(&self) -> i64 {
        self.given.iter().map(|portion| portion.tax.minor).sum()
    }
}

fn some(wanted: &[(&str, u32)], shipping: bool) -> Wish {
    Wish::Lines { lines: wanted.iter().map(|(sku, quantity)| (line(sku), *quantity)).collect(), shipping }
}

#[test]
fn lines_then_a_sum_then_the_rest_give_back_total_and_tax_to_the_cent() {
    let mut books = Books::of(&[(3, 999), (1, 1250)], 490, 190);
    assert_eq!((books.totals.total.minor, books.totals.tax.minor), (4737, 756));
    let first = books.give(&some(&[("S0", 2)], true)).unwrap();
    assert_eq!((first.amount, first.tax, first.shipping), (eur(2488), eur(397), eur(490)));
    assert_eq!(first.pieces, [Piece { sku: line("S0"), quantity: 2, amount: eur(1998) }]);
    let second = books.give(&Wish::Sum(eur(100))).unwrap();
    assert_eq!((second.amount, second.tax, second.pieces.len()), (eur(100), eur(16), 0));
    let left = books.now().left().unwrap();
    assert_eq!((left.total, left.shipping), (eur(2149), eur(0)));
    assert_eq!(left.pieces.iter().map(|piece| piece.quantity).collect::<Vec<_>>(), [1, 1]);
    // The items that are left cost more than what is left of the money.
    assert_eq!(
        books.now().portion(&some(&[("S0", 1), ("S1", 1)], false)),
        Err(NotRefundable::MoreThanLeft { wanted: eur(2249), left: eur(2149) })
    );
    let rest = books.give(&Wish::Full).unwrap();
    assert_eq!((rest.amount, rest.tax), (eur(2149), eur(756 - 397 - 16)));
    let laid: Vec<_> = rest.pieces.iter().map(|piece| (piece.quantity, piece.amount.minor)).collect();
    assert_eq!(laid, [(1, 955), (1, 1194)], "in proportion, and 2149 in all");
    assert_eq!(books.give(&Wish::Full), Err(NotRefundable::Nothing));
    assert_eq!(books.tax(), 756);
}

#[test]
fn what_cannot_be_given_back_is_named() {
    let mut books = Books::of(&[(2, 1000)], 0, 190);
    let refused = |books: &Books, wish: &Wish| books.now().portion(wish).unwrap_err();
    assert_eq!(
        refused(&books, &some(&[("S0", 3)], false)),
        NotRefundable::TooMany { sku: "S0".to_owned(), left: 2 }
    );
    // The same SKU twice is one wish.
    assert_eq!(
        refused(&books, &some(&[("S0", 2), ("S0", 1)], false)),
        NotRefundable::TooMany { sku: "S0".to_owned(), left: 2 }
    );
    assert_eq!(refused(&books, &some(&[("T", 1)], true)), NotRefundable::UnknownItem("T".to_owned()));
    assert_eq!(refused(&books, &some(&[("S0", 0)], true)), NotRefundable::Nothing);
    for minor in [0, -1, i64::MIN] {
        assert_eq!(refused(&books, &Wish::Sum(eur(minor))), NotRefundable::Nothing);
    }
    assert_eq!(
        refused(&books, &Wish::Sum(eur(2001))),
        NotRefundable::MoreThanLeft { wanted: eur(2001), left: eur(2000) }
    );
    assert_eq!(
        refused(&books, &Wish::Sum(Money::new(1, Usd))),
        NotRefundable::Sum(MoneyError::Mixed(Eur, Usd))
    );
    books.give(&some(&[("S0", 2)], false)).unwrap();
    assert_eq!(
        refused(&books, &Wish::Sum(eur(1))),
        NotRefundable::MoreThanLeft { wanted: eur(1), left: eur(0) }
    );
}

#[derive(Debug, Clone)]
enum Step {
    Give(u8, u32, i64, bool),
    /// One of the refunds so far fails after all.
    Fail(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let give = (0_u8..3, 0_u32..4, 1_i64..4000, any::<bool>())
        .prop_map(|(kind, quantity, sum, shipping)| Step::Give(kind, quantity, sum, shipping));
    proptest::collection::vec(prop_oneof![4 => give, 1 => (0_usize..20).prop_map(Step::Fail)], 0..30)
}

proptest! {
    #[test]
    fn any_sequence_sums_to_the_cent(
        items in proptest::collection::vec((1_u32..5, 1_i64..5000), 1..4),
        shipping in 0_i64..900,
        rate in 0_u16..300,
        steps in steps(),
    ) {
        let mut books = Books::of(&items, shipping, rate);
        let (total, tax) = (books.totals.total.minor, books.totals.tax.minor);
        let mut failed = false;
        for step in steps {
            let wish = match step {
                Step::Fail(place) if books.given.is_empty() => { let _ = place; continue }
                Step::Fail(place) => {
                    books.given.remove(place % books.given.len());
                    failed = true;
                    continue;
                }
                Step::Give(0, _, sum, _) => Wish::Sum(eur(sum)),
                Step::Give(kind, quantity, _, shipping) => {
                    let place = usize::from(kind) % books.lines.len();
                    Wish::Lines { lines: vec![(books.lines[place].sku.clone(), quantity)], shipping }
                }
            };
            if let Ok(portion) = books.give(&wish) {
                prop_assert!(portion.amount.minor > 0 && portion.tax.minor >= 0);
                prop_assert!(portion.tax.minor <= portion.amount.minor);
                let pieces: i64 = portion.pieces.iter().map(|piece| piece.amount.minor).sum();
                if !portion.pieces.is_empty() || portion.shipping.minor > 0 {
                    prop_assert_eq!(pieces + portion.shipping.minor, portion.amount.minor);
                }
            }
            let so_far = books.now().so_far().unwrap().minor;
            prop_assert!(so_far <= total);
            if !failed {
                prop_assert_eq!(books.tax(), share(tax, so_far, total).unwrap());
            }
            for (line, left) in books.lines.iter().zip(books.now().left().unwrap().pieces) {
                let given: u32 = books
                    .given
                    .iter()
                    .flat_map(|portion| &portion.pieces)
                    .filter(|piece| piece.sku == line.sku)
                    .map(|piece| piece.quantity)
                    .sum();
                prop_assert_eq!(given + left.quantity, line.quantity);
            }
        }
        // Whatever came before, the rest is exactly the rest: money, tax, items and delivery.
        let before = books.now().so_far().unwrap().minor;
        match books.give(&Wish::Full) {
            Ok(rest) => {
                prop_assert_eq!(rest.amount.minor, total - before);
                let pieces: i64 = rest.pieces.iter().map(|piece| piece.amount.minor).sum();
                prop_assert_eq!(pieces + rest.shipping.minor, rest.amount.minor);
                prop_assert!(rest.pieces.iter().all(|piece| piece.amount.minor >= 0));
            }
            Err(error) => prop_assert!(error == NotRefundable::Nothing && before == total),
        }
        prop_assert_eq!((books.now().so_far().unwrap().minor, books.tax()), (total, tax));
    }

    #[test]
    fn cent_by_cent_is_the_same_as_at_once(total in 1_i64..400, rate in 0_u16..1000) {
        let mut books = Books::of(&[(1, total)], 0, rate);
        for _ in 0..total {
            books.give(&Wish::Sum(eur(1))).unwrap();
        }
        prop_assert_eq!(books.tax(), books.totals.tax.minor);
        prop_assert_eq!(books.now().left().unwrap().total, eur(0));
    }
}
