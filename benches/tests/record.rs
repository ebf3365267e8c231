//! Records are read as they are written. These tests are apart from the library, whose table would be compiled for them once more.

use ndarena_benches::record::{Against, Record, Row, rounded};

#[test]
fn what_is_written_is_read() {
    let against = Against { name: "by hand".to_owned(), value: 12.34, ratio: 0.9412, low: 0.91, high: 0.99 };
    let compared = Row { against: Some(against), ..Row::new("f, \"of\" x", "scope", "ns", 11.5) };
    let rows = vec![compared, Row::new("scope", "ndarena", "instructions", 12.0)];
    let record = Record { head: vec![("machine".to_owned(), "a: b".to_owned())], rows };
    let read = Record::parse(&record.text()).unwrap();
    assert_eq!((&read.head, &read.rows), (&record.head, &record.rows));
    assert_eq!(read.rows[0].verdict(), "faster");
}

#[test]
fn digits() {
    let cases = [(1234.6, "1235"), (0.000_123_46, "0.0001235"), (12.0, "12"), (987_654.0, "987700"), (0.0, "0")];
    for (value, text) in cases {
        assert_eq!(rounded(value, 4), text);
    }
}

#[test]
fn a_difference_within_its_spread_is_none() {
    let order = |ratio, low, high| Against { name: String::new(), value: 1.0, ratio, low, high }.order();
    assert_eq!(order(0.9, 0.8, 0.95), -1);
    assert_eq!(order(0.9, 0.8, 1.05), 0);
    assert_eq!(order(0.98, 0.97, 0.99), 0);
    assert_eq!(order(1.2, 0.9, 1.3), 0);
    assert_eq!(order(1.2, 1.1, 1.3), 1);
}
