//! Notices as the double sends them: signed, spoiled, and about things that the shop knows.

use std::sync::{Arc, Mutex};

use cashcow::payment::gateway::{About, Gateway, Heard, News, Notice, StripeGateway, Unheard};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::net::TcpListener;

use super::browser::visit;
use super::double::{Double, Trust, Twist};
use super::refunds::refund;
use super::{GOOD, SECRET, card, made, of, visitor};

type Post = Arc<Mutex<Vec<(HeaderMap, Vec<u8>)>>>;

/// A door that takes in whatever comes; where it is, and what came.
async fn door() -> (String, Post) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhooks/stripe", listener.local_addr().unwrap());
    let post = Post::default();
    let kept = Arc::clone(&post);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let kept = Arc::clone(&kept);
            let take = service_fn(move |request: Request<Incoming>| {
                let kept = Arc::clone(&kept);
                async move {
                    let (head, body) = request.into_parts();
                    let body = body.collect().await?.to_bytes().to_vec();
                    kept.lock().unwrap().push((head.headers, body));
                    Ok::<_, hyper::Error>(Response::new(Empty::<Bytes>::new()))
                }
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), take),
            );
        }
    });
    (url, post)
}

/// Waits until so many notices came.
async fn came(post: &Post, wanted: usize) -> Vec<(HeaderMap, Vec<u8>)> {
    for _ in 0..200 {
        if post.lock().unwrap().len() >= wanted {
            return std::mem::take(&mut *post.lock().unwrap());
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("only {} notices came", post.lock().unwrap().len());
}

fn hear(stripe: &StripeGateway, (headers, body): &(HeaderMap, Vec<u8>)) -> Result<Vec<Heard>, Unheard> {
    stripe.hear(&Notice { headers, body, now: Timestamp::now() })
}

fn about(heard: Result<Vec<Heard>, Unheard>) -> Option<About> {
    let heard = heard.unwrap();
    assert!(heard.len() <= 1 && heard.iter().all(|one| one.news == News::Ask && one.id.starts_with("evt_")));
    heard.into_iter().next().map(|heard| heard.about)
}

#[tokio::test]
async fn what_stripe_tells_of_a_payment_makes_the_shop_ask() {
    let double = Double::stripe().await;
    let (url, post) = door().await;
    double.webhooks_to(&url, Trust::Anyone, SECRET);
    let stripe = of(&double);
    let attempt = made(&stripe, 1001).await;
    stripe.confirm(&attempt, card(GOOD), &visitor()).await;
    let reference = attempt.reference.clone().unwrap();
    let paid = came(&post, 1).await;
    assert_eq!(about(hear(&stripe, &paid[0])), Some(About::Payment { reference: reference.clone() }));
    let back = refund(&attempt, 500);
    stripe.refund(&attempt, &back).await;
    let told: Vec<_> = came(&post, 2).await.iter().map(|one| about(hear(&stripe, one)).unwrap()).collect();
    assert!(told.contains(&About::Refund { key: back.key }), "{told:?}");
    assert!(told.contains(&About::Payment { reference }), "{told:?}");
    // The bank's page.
    let attempt = made(&stripe, 1002).await;
    stripe.confirm(&attempt, card("4000000000003220"), &visitor()).await;
    let intent = double.intents().last().unwrap().clone();
    assert_eq!(about(hear(&stripe, &came(&post, 1).await[0])), Some(About::Payment { reference: intent.id }));
}

#[tokio::test]
async fn a_hosted_page_tells_by_its_sessions_name() {
    let double = Double::stripe().await;
    let (url, post) = door().await;
    double.webhooks_to(&url, Trust::Anyone, SECRET);
    let stripe = of(&double);
    let session = super::hosted::open(&double, 1001).await;
    visit(&double, &format!("{}?pay", session.1)).await;
    let told: Vec<_> = came(&post, 2).await.iter().map(|one| about(hear(&stripe, one)).unwrap()).collect();
    assert!(told.contains(&About::Payment { reference: session.0 }), "{told:?}");
}

#[tokio::test]
async fn only_what_is_signed_now_and_with_the_secret_is_believed() {
    let double = Double::stripe().await;
    let (url, post) = door().await;
    double.webhooks_to(&url, Trust::Anyone, SECRET);
    let stripe = of(&double);
    for (twist, believed) in [
        (Twist::AlsoSigned("whsec_old".to_owned()), Ok(())),
        (Twist::WrongSignature, Err(Unheard::Unsigned)),
        (Twist::Old(301), Err(Unheard::Stale)),
        (Twist::Old(-320), Err(Unheard::Stale)),
        (Twist::Old(290), Ok(())),
    ] {
        double.plan_notice("succeeded", twist.clone());
        let attempt = made(&stripe, 1001).await;
        stripe.confirm(&attempt, card(GOOD), &visitor()).await;
        let notice = came(&post, 1).await.remove(0);
        assert_eq!(hear(&stripe, &notice).map(|_| ()), believed, "{twist:?}");
        // One byte more or less is another notice.
        let (headers, mut body) = notice;
        body.push(b' ');
        assert!(hear(&stripe, &(headers, body)).is_err(), "{twist:?}");
    }
}
