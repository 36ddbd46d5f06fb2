import { Mailbox, type MailboxObserver } from '../../../sandbox/v1/mailbox';

function emptyMailbox() {
	const observer = {
		pollHeld: jest.fn(),
		pollReleased: jest.fn(),
		messagesHandedOut: jest.fn(),
	} satisfies MailboxObserver;
	return { mailbox: new Mailbox([], 'once', observer), observer };
}

const message = { messageId: 'm-1', text: 'Hello?', type: 'bot', timestamp: '2026-01-31T12:00:00.000Z' } as const;

beforeEach(() => jest.useFakeTimers({ doNotFake: ['queueMicrotask'] }));
afterEach(() => jest.useRealTimers());

it('a poll that is not to wait is never held, so that it cannot take what is said next', async () => {
	const { mailbox, observer } = emptyMailbox();

	expect(await mailbox.poll(0, () => undefined)).toBeUndefined();

	expect(observer.pollHeld).not.toHaveBeenCalled();
});

it.each([
	['answered', (mailbox: Mailbox) => mailbox.arrived(message)],
	['told of the end', (mailbox: Mailbox) => mailbox.end(410)],
	['forgotten', (_mailbox: Mailbox, leave: () => void) => leave()],
])('a poll that was %s leaves no timer behind, and is released once', async (_case, release) => {
	const { mailbox, observer } = emptyMailbox();
	let leave = () => {};
	void mailbox.poll(20_000, (listener) => (leave = listener));
	expect(jest.getTimerCount()).toBe(1);

	release(mailbox, leave);
	// What is said is handed out in a microtask.
	await Promise.resolve();
	leave();

	expect(jest.getTimerCount()).toBe(0);
	expect(observer.pollReleased).toHaveBeenCalledTimes(1);
});
