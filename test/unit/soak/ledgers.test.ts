import { CallLedger } from '../../soak/callLedger';
import { MessageLedger } from '../../soak/messageLedger';

describe('the ledger of messages', () => {
	it('is content when each message came out once, whenever it was said', () => {
		const ledger = new MessageLedger();
		ledger.said('m-1');
		ledger.cameOut('m-1');
		ledger.cameOut('m-2');
		ledger.said('m-2');
		ledger.said('m-2');
		expect(ledger).toMatchObject({ saidCount: 2, lost: [], twice: [], foreign: [] });
		expect(ledger.haveComeOut(['m-1', 'm-2'])).toBe(true);
	});

	it('knows what was lost, what came twice, and what nobody said', () => {
		const ledger = new MessageLedger();
		for (const key of ['m-1', 'm-2', 'm-3']) ledger.said(key);
		for (const key of ['m-2', 'm-3', 'm-3', 'm-4']) ledger.cameOut(key);
		expect(ledger).toMatchObject({ saidCount: 3, lost: ['m-1'], twice: ['m-3'], foreign: ['m-4'] });
		expect(ledger.haveComeOut(['m-1', 'm-2'])).toBe(false);
	});
});

describe('the ledger of calls', () => {
	it('is content when each call was answered and started one flow', () => {
		const ledger = new CallLedger();
		ledger.called('c-1');
		ledger.started('c-1');
		expect(ledger.waiting).toEqual(['c-1']);
		ledger.answered('c-1', { httpStatus: 200 });
		expect(ledger).toMatchObject({
			count: 1,
			succeeded: 1,
			waiting: [],
			unanswered: [],
			startedTooOften: [],
			claimedOnly: [],
		});
	});

	it('lets a flow run of which the node says that it may have failed, but not twice', () => {
		const ledger = new CallLedger();
		for (const caller of ['ran', 'did not run', 'ran twice']) {
			ledger.called(caller);
			ledger.answered(caller, { httpStatus: 200, errorCategory: 'network' });
		}
		for (const caller of ['ran', 'ran twice', 'ran twice']) ledger.started(caller);
		expect(ledger).toMatchObject({ succeeded: 0, unanswered: [], claimedOnly: [], startedTooOften: ['ran twice'] });
		expect(ledger.errors).toEqual({ network: 3 });
	});

	it('finds calls without an answer, starts that are only claimed, and starts that nobody asked for', () => {
		const ledger = new CallLedger();
		for (const caller of ['silent', 'failed', 'claimed']) ledger.called(caller);
		ledger.answered('failed', { httpStatus: 500 });
		ledger.answered('claimed', { httpStatus: 200 });
		ledger.started('stray');
		expect(ledger).toMatchObject({
			waiting: ['silent'],
			unanswered: ['silent', 'failed'],
			claimedOnly: ['claimed'],
			startedTooOften: ['stray'],
		});
	});
});
