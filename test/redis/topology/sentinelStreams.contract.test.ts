import { describeFeedContract } from '../../support/feedContract';
import { sentinelUrl, startSentinelGroup } from '../../support/redisSentinel';
import { describeSharedSourceContract } from '../../support/sharedSourceContract';
import { testedAt } from '../../support/testedRedis';

const behindSentinel = async () => {
	const group = await startSentinelGroup();
	return testedAt(sentinelUrl(group.sentinel), group.primary.url, async () => await group.stop());
};

describeFeedContract('a Redis behind a Sentinel', behindSentinel);
describeSharedSourceContract('a Redis behind a Sentinel', behindSentinel);
