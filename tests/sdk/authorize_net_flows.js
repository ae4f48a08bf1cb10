// Runs the basic flows of Authorize.Net's own SDK against the double whose address it is given.
'use strict';

const assert = require('node:assert');
const crypto = require('node:crypto');
const http = require('node:http');
const readline = require('node:readline');
const { APIContracts: C, APIControllers: K } = require('authorizenet');

const { API, SECRET, LOGIN, KEY } = process.env;
const ENDPOINT = `${API}/xml/v1/request.api`;
const INVOICE = Date.now().toString();
let number = 0;

function login(key = KEY) {
  const authentication = new C.MerchantAuthenticationType();
  authentication.setName(LOGIN);
  authentication.setTransactionKey(key);
  return authentication;
}

// The SDK calls nobody back after an error, so that a flow would hang: it is given ten seconds.
function call(request, Controller, Response, key = KEY) {
  request.setMerchantAuthentication(login(key));
  const controller = new Controller(request.getJSON());
  controller.setEnvironment(ENDPOINT);
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(controller.getError() ?? new Error('no answer')), 10_000);
    controller.execute(() => {
      clearTimeout(late);
      resolve(new Response(controller.getResponse()));
    });
  });
}

function card(number, expiry, code) {
  const card = new C.CreditCardType();
  card.setCardNumber(number);
  card.setExpirationDate(expiry);
  if (code) card.setCardCode(code);
  const payment = new C.PaymentType();
  payment.setCreditCard(card);
  return payment;
}

function transact(kind, amount, change = () => {}, key = KEY) {
  const transaction = new C.TransactionRequestType();
  transaction.setTransactionType(kind);
  if (amount) transaction.setAmount(amount);
  change(transaction);
  const request = new C.CreateTransactionRequest();
  request.setTransactionRequest(transaction);
  request.setRefId('of-the-sdk');
  return call(request, K.CreateTransactionController, C.CreateTransactionResponse, key);
}

function charge(kind, amount, { zip, invoice } = {}) {
  return transact(kind, amount, (transaction) => {
    transaction.setPayment(card('4111111111111111', '0842', '999'));
    const order = new C.OrderType();
    order.setInvoiceNumber(invoice ?? `${INVOICE}-${++number}`);
    transaction.setOrder(order);
    const address = new C.CustomerAddressType();
    address.setFirstName('Ellen');
    address.setLastName('Johnson');
    if (zip) address.setZip(zip);
    transaction.setBillTo(address);
    const window = new C.SettingType();
    window.setSettingName('duplicateWindow');
    window.setSettingValue('600');
    const settings = new C.ArrayOfSetting();
    settings.setSetting([window]);
    transaction.setTransactionSettings(settings);
  });
}

const about = (kind, id, amount) => transact(kind, amount, (transaction) => transaction.setRefTransId(id));

function refund(id, amount) {
  return transact('refundTransaction', amount, (transaction) => {
    transaction.setPayment(card('1111', 'XXXX'));
    transaction.setRefTransId(id);
  });
}

async function details(id) {
  const request = new C.GetTransactionDetailsRequest();
  request.setTransId(id);
  const got = await call(request, K.GetTransactionDetailsController, C.GetTransactionDetailsResponse);
  return got.getTransaction() ?? got;
}

function approved(response) {
  assert.equal(response.getMessages().getResultCode(), 'Ok');
  assert.equal(response.getRefId(), 'of-the-sdk');
  const said = response.getTransactionResponse();
  assert.equal(said.getResponseCode(), '1');
  assert.match(said.getTransId(), /^[1-9][0-9]+$/);
  return said.getTransId();
}

function refused(response, code) {
  assert.equal(response.getMessages().getResultCode(), 'Error');
  assert.equal(response.getTransactionResponse().getErrors().getError()[0].getErrorCode(), code);
}

function paging() {
  const paging = new C.Paging();
  paging.setLimit(100);
  paging.setOffset(1);
  const sorting = new C.TransactionListSorting();
  sorting.setOrderBy(C.TransactionListOrderFieldEnum.SUBMITTIMEUTC);
  sorting.setOrderDescending(true);
  return { paging, sorting };
}

async function list(request, Controller, Response) {
  const { paging: pages, sorting } = paging();
  request.setPaging(pages);
  request.setSorting(sorting);
  const got = await call(request, Controller, Response);
  return (got.getTransactions()?.getTransaction() ?? []).map((line) => line.getTransId());
}

const unsettled = () =>
  list(
    new C.GetUnsettledTransactionListRequest(),
    K.GetUnsettledTransactionListController,
    C.GetUnsettledTransactionListResponse,
  );

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function until(so) {
  for (let left = 200; left > 0; left -= 1) {
    if (await so()) return;
    await pause(50);
  }
  throw new Error('it did not come to that');
}

const heard = [];

function listen() {
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      heard.push([Buffer.concat(parts), request.headers['x-anet-signature']]);
      response.end();
    });
  });
  return new Promise((ready) => server.listen(0, '127.0.0.1', () => ready(server)));
}

let settled;

const flows = {
  'who is there': async () => {
    const ask = (key) =>
      call(new C.AuthenticateTestRequest(), K.AuthenticateTestController, C.AuthenticateTestResponse, key);
    assert.equal((await ask(KEY)).getMessages().getResultCode(), 'Ok');
    const stranger = (await ask('0000000000000000')).getMessages();
    assert.equal(stranger.getResultCode(), 'Error');
    assert.equal(stranger.getMessage()[0].getCode(), 'E00007');
  },
  'charge and details': async () => {
    const id = approved(await charge('authCaptureTransaction', 24.9));
    const got = await details(id);
    assert.equal(got.getTransactionStatus(), 'capturedPendingSettlement');
    assert.equal(got.getSettleAmount(), 24.9);
    assert.equal(got.getAuthAmount(), 24.9);
    assert.equal(got.getOrder().getInvoiceNumber(), `${INVOICE}-${number}`);
    assert.equal(got.getPayment().getCreditCard().getCardNumber(), 'XXXX1111');
    assert.ok((await unsettled()).includes(id));
  },
  decline: async () => {
    const response = await charge('authCaptureTransaction', 5, { zip: '46282' });
    assert.equal(response.getTransactionResponse().getResponseCode(), '2');
    refused(response, '2');
  },
  'a second one like the first': async () => {
    const once = { invoice: `${INVOICE}-twice` };
    approved(await charge('authCaptureTransaction', 5, once));
    refused(await charge('authCaptureTransaction', 5, once), '11');
  },
  'authorize and capture': async () => {
    const id = approved(await charge('authOnlyTransaction', 45));
    assert.equal((await details(id)).getTransactionStatus(), 'authorizedPendingCapture');
    refused(await about('priorAuthCaptureTransaction', id, 46), '47');
    assert.equal(approved(await about('priorAuthCaptureTransaction', id, 40)), id);
    const got = await details(id);
    assert.equal(got.getTransactionStatus(), 'capturedPendingSettlement');
    assert.equal(got.getSettleAmount(), 40);
  },
  void: async () => {
    const id = approved(await charge('authOnlyTransaction', 6));
    assert.equal(approved(await about('voidTransaction', id)), id);
    assert.equal((await details(id)).getTransactionStatus(), 'voided');
    refused(await about('priorAuthCaptureTransaction', id, 6), '16');
    refused(await about('voidTransaction', '1'), '16');
  },
  'refunds, after the settlement only': async () => {
    settled = approved(await charge('authCaptureTransaction', 30, { invoice: `${INVOICE}-settle` }));
    refused(await refund(settled, 10), '54');
    await until(async () => (await details(settled)).getTransactionStatus() === 'settledSuccessfully');
    refused(await about('voidTransaction', settled), '16');
    const id = approved(await refund(settled, 10));
    const got = await details(id);
    assert.equal(got.getTransactionStatus(), 'refundPendingSettlement');
    assert.equal(got.getRefTransId(), settled);
    refused(await refund(settled, 21), '55');
  },
  'batches and lists': async () => {
    const request = new C.GetSettledBatchListRequest();
    request.setFirstSettlementDate(new Date(Date.now() - 86_400_000).toISOString().slice(0, 19));
    request.setLastSettlementDate(new Date(Date.now() + 60_000).toISOString().slice(0, 19));
    const got = await call(request, K.GetSettledBatchListController, C.GetSettledBatchListResponse);
    const batches = got.getBatchList().getBatch();
    const found = [];
    for (const batch of batches) {
      const request = new C.GetTransactionListRequest();
      request.setBatchId(batch.getBatchId());
      found.push(...(await list(request, K.GetTransactionListController, C.GetTransactionListResponse)));
    }
    assert.ok(found.includes(settled));
    assert.ok(!(await unsettled()).includes(settled));
    const missing = await details('1');
    assert.equal(missing.getMessages().getMessage()[0].getCode(), 'E00040');
  },
  webhooks: async () => {
    const server = await listen();
    console.log(`listening ${server.address().port}`);
    await new Promise((ready) => readline.createInterface({ input: process.stdin }).once('line', ready));
    const id = approved(await charge('authCaptureTransaction', 7));
    await until(() => heard.length > 0);
    const [body, signature] = heard[0];
    const digest = crypto.createHmac('sha512', SECRET).update(body).digest('hex').toUpperCase();
    assert.equal(signature, `sha512=${digest}`);
    const event = JSON.parse(body);
    assert.equal(event.eventType, 'net.authorize.payment.authcapture.created');
    assert.deepEqual([event.payload.id, event.payload.merchantReferenceId], [id, 'of-the-sdk']);
    server.close();
  },
};

(async () => {
  for (const [name, flow] of Object.entries(flows)) {
    await flow();
    console.log(`ran: ${name}`);
  }
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
