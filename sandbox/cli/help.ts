import { insteadKinds, spoilingKinds, type FaultKind } from '../faults/fault';

const kindDescriptions: Record<FaultKind, string> = {
	status: 'This answer instead. Fields: status, headers, body (text as it is, anything else as JSON)',
	hang: 'No answer, until the client gives up',
	dropBefore: 'The connection is closed',
	resetBefore: 'The connection is reset (TCP RST)',
	latency: 'The right answer, late. Field: ms',
	dropAfter: 'The connection is closed before the answer',
	resetAfter: 'The connection is reset (TCP RST) before the answer',
	truncate: 'The connection is closed in the middle of the answer',
	badJson: '200 with JSON that breaks off',
	wrongShape: '200 with JSON that nobody expects. Field: body',
	wrongContentType: '200 with an HTML page',
	hugeBody: 'The right answer, with padding. Field: bytes (default 67108864)',
	slowBody: 'The right answer, in drops. Fields: chunkBytes (default 1), intervalMs (default 100)',
	gzipBomb: 'The right answer, small but huge when inflated. Field: megabytes (default 100)',
};

export const helpText = `Starts a stand-in for the Cognigy v1 service on this machine.

Usage: npm run sandbox -- [options]

Options
  --port <number>                 Port to listen on; 0 takes any free one. Default: 4010
  --host <address>                Address to listen on. Default: 127.0.0.1
  --tls                           HTTPS, with a certificate for localhost, 127.0.0.1 and ::1
  --tls-dir <folder>              HTTPS, and where its certificate is kept. Default: .cache/sandbox-tls
  --latency <ms>                  Hold every answer back for so long. Default: 0
  --slow-start <ms>               How long a start of the bot slow-support takes. Default: 2000
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

Look inside (no login needed)
  curl $BASE/sandbox/sessions                   the sessions that were started, with what was said
  curl $BASE/sandbox/sessions/<session id>      one of them
  curl $BASE/sandbox/stats                      calls and connections so far
  curl -X POST $BASE/sandbox/reset-stats        count from zero
  curl -X POST $BASE/sandbox/expire-tokens      every token so far gets a 401

Faults on request
  curl -d '{"operation":"start","kind":"status","status":503}' $BASE/sandbox/faults
  curl -d '{"operation":"any","kind":"latency","ms":5000,"times":3}' $BASE/sandbox/faults
  curl -d '{"operation":"start","kind":"dropAfter","after":1,"match":{"botId":"order-status"}}' $BASE/sandbox/faults
  curl -X DELETE $BASE/sandbox/faults           forget the faults that have not happened yet

  operation  login, versions, start or any
  kind       see below, with its own fields
  times      how many calls get it. Default: 1
  after      how many matching calls are left alone first. Default: 0
  match      only calls with this botId, flowId, userId, sessionId, username or reusedConnection (true, false)

Kinds of faults: the call does not run
${describe(insteadKinds)}

Kinds of faults: the call runs, its answer is spoiled
${describe(spoilingKinds)}
`;

function describe(kinds: readonly FaultKind[]): string {
	return kinds.map((kind) => `  ${kind.padEnd(18)}${kindDescriptions[kind]}`).join('\n');
}
