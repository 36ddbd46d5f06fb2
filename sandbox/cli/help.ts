import {
	CHANNEL_KINDS,
	HTTP2_KINDS,
	INSTEAD_KINDS,
	KINDS_OF_OPERATION,
	LOSING_KINDS,
	SPOILING_KINDS,
	type FaultKind,
} from '../v1/faults/fault';

const KIND_DESCRIPTIONS: Record<FaultKind, string> = {
	status: 'This answer instead. Fields: status, headers, body (text as it is, anything else as JSON)',
	hang: 'No answer, until the client gives up',
	dropBefore: 'The connection is closed',
	resetBefore: 'The connection is reset (TCP RST)',
	resetStream:
		'The request is reset (RST_STREAM). Field: code (default REFUSED_STREAM; HTTP_1_1_REQUIRED, ENHANCE_YOUR_CALM, ...)',
	goAway:
		'The connection ends (GOAWAY). Fields: code (default NO_ERROR), taken (true: this request may have run; default false)',
	stall: 'Nothing is read from the connection any more, no pings either',
	latency: 'The right answer, late. Field: ms',
	dropAfter: 'The connection is closed before the answer (connect: right after it)',
	resetAfter: 'The connection is reset (TCP RST) before the answer (connect: right after it)',
	truncate: 'The connection is closed in the middle of the answer',
	badJson: '200 with JSON that breaks off',
	wrongShape: '200 with JSON that nobody expects. Field: body',
	wrongContentType: '200 with an HTML page',
	hugeBody: 'The right answer, with padding. Field: bytes (default 67108864)',
	slowBody: 'The right answer, in drops. Fields: chunkBytes (default 1), intervalMs (default 100)',
	gzipBomb: 'The right answer, small but huge when inflated. Field: megabytes (default 100)',
	noSubprotocol: 'The channel opens without its subprotocol',
	freeze: 'The request does not run; nothing is answered or closed any more (connect: from the opening on)',
	lostAnswer: 'The request runs and is never answered',
	close: 'A close frame instead of the answer. Fields: code, reason, processed (true: the request runs; default false)',
	answer: 'The request runs; this is the answer. Field: body (text as it is, anything else as JSON)',
	wrongSession: 'The right answer, naming another session',
	twice: 'The right answer, twice. Field: late (true: once more before the answer to the next request; default false)',
	binary: 'The right answer, as a binary frame',
	hugeFrame: 'The right answer, with padding. Field: bytes (default 8388608)',
	busy: 'The session seems to be so. Fields: flowState (default WAITING), variables (default {})',
};

export const HELP_TEXT = `Starts a stand-in for the Cognigy v1 service on this machine.

Usage: npm run sandbox -- [options]

Options
  --platform <name>               v1, or cognigy-ai for the stand-in for Cognigy.AI, which has its own --help. Default: v1
  --port <number>                 Port to listen on; 0 takes any free one. Default: 4010
  --host <address>                Address to listen on. Default: 127.0.0.1
  --tls                           HTTPS, with a certificate for localhost, 127.0.0.1 and ::1
  --tls-dir <folder>              HTTPS, and where its certificate is kept. Default: .cache/sandbox-tls
  --http <version>                With HTTPS: both, 1.1 or 2. Default: both
  --max-streams <number>          How many requests a connection of HTTP/2 may carry at once. Default: 100
  --latency <ms>                  Hold every answer back for so long. Default: 0
  --slow-start <ms>               How long a start of the bot slow-support takes. Default: 2000
  --bot-delay <ms>                How long a bot takes for each of its messages. Default: 0
  --session-ttl <minutes>         How long a session lives. Default: 30
  --poll-wait <ms>                How long a poll waits for messages. Default: 20000
  --replay <style>                What answers to polls hold: every message once; all of the session; overlap, once but
                                  for the last three handed out before. Default: once
  --token-ttl <minutes>           How long a token is valid; 0.5 is half a minute. Default: 30
  --requests-per-minute <number>  Answer 429 past so many calls of one user in 60 seconds. Default: 0, no limit
  --retry-after <form>            Retry-After of a 429: seconds, http-date or none. Default: seconds
  --quiet                         Do not log the requests
  -h, --help                      Show this text

Try it
  BASE=http://127.0.0.1:4010
  JSON='Content-Type: application/json'
  curl -H "$JSON" -d '{"username":"demo","password":"demo-password"}' $BASE/api/v1/auth/login
  TOKEN=paste-the-token-here
  curl -H "Authorization: Bearer $TOKEN" $BASE/api/v1/bots/order-status/versions
  curl -H "Authorization: Bearer $TOKEN" -H "$JSON" \\
    -d '{"userId":"me","input":"Where is it?","context":{"metadata":{"orderId":"A-1001"}}}' \\
    $BASE/api/v1/bots/order-status/flows/main/sessions
  curl -i -H "Authorization: Bearer $TOKEN" \\
    "$BASE/api/v1/bots/order-status/flows/main/sessions/<session id>/messages?wait=true"

Look inside (no login needed)
  curl $BASE/sandbox/sessions                   the sessions that were started, with what was said
  curl $BASE/sandbox/sessions/<session id>      one of them
  curl $BASE/sandbox/stats                      calls and connections so far
  curl -X POST $BASE/sandbox/reset-stats        count from zero
  curl -X POST $BASE/sandbox/expire-tokens      every token so far gets a 401

Take part (no login needed)
  curl -d '{"text":"Hello?"}' $BASE/sandbox/sessions/<session id>/messages
                                                the bot says it; with "type": user or webhook
  curl -X DELETE "$BASE/sandbox/sessions/<session id>?status=404"
                                                end the session; from then on it answers so. Default: 410

Runtime channel (WebSocket)
  ws://127.0.0.1:4010/ws/v1?tenant=demo-tenant&botId=order-status&token=<token>
  with the header "Origin: http://127.0.0.1:4010" (or an https origin) and the subprotocol cognigy-runtime-v1

Faults on request
  curl -d '{"operation":"start","kind":"status","status":503}' $BASE/sandbox/faults
  curl -d '{"operation":"any","kind":"latency","ms":5000,"times":3}' $BASE/sandbox/faults
  curl -d '{"operation":"start","kind":"dropAfter","after":1,"match":{"botId":"order-status"}}' $BASE/sandbox/faults
  curl -d '{"operation":"stateCheck","kind":"busy","times":3}' $BASE/sandbox/faults
  curl -d '{"operation":"outcome","kind":"twice"}' $BASE/sandbox/faults
                                                how the next outcome is posted (bot claims): never, late (field: ms),
                                                twice, badJson. What was posted: $BASE/sandbox/outcomes
  curl -X DELETE $BASE/sandbox/faults           forget the faults that have not happened yet

  operation  login, versions, start, messages; connect (opens a runtime channel), reset, stateCheck;
             any: all that can have a fault of this kind
  kind       see below, with its own fields
  times      how many calls get it. Default: 1
  after      how many matching calls are left alone first. Default: 0
  match      only calls with this botId, flowId, userId, sessionId, username or reusedConnection (true, false)

Kinds of faults: the call does not run
${describe(INSTEAD_KINDS)}

Kinds of faults of HTTP/2: the call does not run; over HTTP/1.1 there is no fault
${describe(HTTP2_KINDS)}

Kinds of faults: the call runs, its answer is late or lost
${describe(LOSING_KINDS)}

Kinds of faults: the call runs, its answer is spoiled
${describe(SPOILING_KINDS)}

Kinds of faults of the runtime channel only
${describe(CHANNEL_KINDS)}

Which kinds the runtime channel can have
  connect            ${KINDS_OF_OPERATION.connect.join(', ')}
  reset, stateCheck  ${KINDS_OF_OPERATION.reset.join(', ')}; stateCheck: busy
`;

function describe(kinds: readonly FaultKind[]): string {
	return kinds.map((kind) => `  ${kind.padEnd(18)}${KIND_DESCRIPTIONS[kind]}`).join('\n');
}
