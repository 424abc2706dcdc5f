package hub.bench;

import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Decodes an event, updates its customer's aggregates, and forwards them for one event in ten. */
final class Operator implements Processor<byte[], byte[], byte[], byte[]> {
    static final String STORE = "reference";

    private static final int TOLD_EVERY = 10;

    private final Event event = new Event();
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<byte[], byte[]> store;

    @Override
    public void init(ProcessorContext<byte[], byte[]> given) {
        context = given;
        store = given.getStateStore(STORE);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        event.read(record.value());
        byte[] customer = record.key(); // the same characters as in the event
        byte[] state = Aggregates.after(store.get(customer), event);
        store.put(customer, state);
        if (event.occurredAt % TOLD_EVERY == 0) {
            context.forward(record.withValue(state));
        }
    }
}
