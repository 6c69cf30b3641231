use domain::{NewOrder, Role, SharedId, Text, Time};
use protocol::{Code, MessageRequest, OrderRequest, ReadRequest, SetConversationStatus, SetOrderStatus, parse_body};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Whichever route a body is sent to: it is refused with an answer, or printed and read again it is the same; and what passes
/// the rules obeys them.
pub fn bodies(bytes: &[u8]) {
    read::<SetOrderStatus>(bytes);
    read::<SetConversationStatus>(bytes);
    read::<ReadRequest>(bytes);
    if let Some(message) = read::<MessageRequest>(bytes) {
        match Text::new(message.body.clone()) {
            Ok(text) => assert_eq!(text.as_str(), message.body),
            Err(invalid) => super::is_an_answer(&invalid.into()),
        }
    }
    if let Some(order) = read::<OrderRequest>(bytes) {
        is_an_order(order);
    }
}

fn read<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match parse_body::<T>(bytes) {
        Ok(body) => {
            let printed = serde_json::to_string(&body).expect("a body is JSON");
            let again: T = parse_body(printed.as_bytes()).expect("a body that was printed");
            assert_eq!(serde_json::to_string(&again).expect("a body is JSON"), printed);
            Some(body)
        }
        Err(problem) => {
            let code = problem.code;
            assert!(matches!(code, Code::BadRequest | Code::InvalidRequest | Code::PayloadTooLarge), "{code:?}");
            super::is_an_answer(&problem);
            None
        }
    }
}

fn is_an_order(request: OrderRequest) {
    let items = request.items.clone();
    match NewOrder::new(request.items, request.currency, request.note) {
        Ok(order) => {
            let now = Time::from_millis(0).expect("1970");
            let order = order.place(&SharedId::from_random([0; 16]), &super::somebody("anna", Role::Customer), now);
            let sum: u128 = items.iter().map(|item| u128::from(item.quantity) * u128::from(item.unit_price)).sum();
            assert_eq!(u128::from(order.total), sum);
            assert!(sum < 1 << 53 && (1..=100).contains(&items.len()) && order.items == items);
        }
        Err(invalid) => super::is_an_answer(&invalid.into()),
    }
}
