package hub.bench;

import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.Stores;

/**
 * The reference operator in Kafka Streams: one thread, a store in memory with its changelog. Runs until it is told to
 * stop (SIGTERM).
 *
 * <p>usage: java hub.bench.Reference BROKER APPLICATION SOURCE OUTPUT GUARANTEE DIRECTORY
 */
public final class Reference {
    private static final int MIB = 1 << 20;

    private Reference() {}

    public static void main(String[] given) throws InterruptedException {
        KafkaStreams streams = new KafkaStreams(topology(given[2], given[3]), settings(given));
        CountDownLatch ended = new CountDownLatch(1);
        streams.setUncaughtExceptionHandler(fault -> {
            fault.printStackTrace();
            Runtime.getRuntime().halt(1);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            streams.close(Duration.ofSeconds(10));
            ended.countDown();
        }));
        streams.start();
        ended.await();
    }

    private static Topology topology(String source, String output) {
        var bytes = Serdes.ByteArray();
        var store = Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(Operator.STORE), bytes, bytes)
                .withLoggingEnabled(Map.of())
                .withCachingDisabled(); // 5.7 us an event; with a cache 15.9, with lruMap 12.3 (200,000 customers, 2026-11)
        return new Topology()
                .addSource("source", bytes.deserializer(), bytes.deserializer(), source)
                .addProcessor("operator", Operator::new, "source")
                .addStateStore(store, "operator")
                .addSink("output", output, bytes.serializer(), bytes.serializer(), "operator");
    }

    /** What an expert would set for throughput on one core; what is not named is as Kafka Streams ships it. */
    private static Properties settings(String[] given) {
        String guarantee = given[4];
        Properties settings = new Properties();
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, given[0]);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, given[1]);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, given[5]);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0L);
        if (guarantee.equals(StreamsConfig.AT_LEAST_ONCE)) {
            settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1_000L); // exactly once: 100 ms, as shipped
        }
        settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 20_000);
        settings.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, -1L); // partitions do not wait for each other
        settings.put(consumer(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        settings.put(consumer(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 10_000);
        settings.put(consumer(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 4 * MIB);
        settings.put(consumer(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 60_000); // it is paused while the load comes
        settings.put(consumer(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG), 2_000);
        settings.put(producer(ProducerConfig.LINGER_MS_CONFIG), 50);
        settings.put(producer(ProducerConfig.BATCH_SIZE_CONFIG), 900_000);
        settings.put(producer(ProducerConfig.MAX_REQUEST_SIZE_CONFIG), 4 * MIB);
        settings.put(producer(ProducerConfig.BUFFER_MEMORY_CONFIG), 128L * MIB);
        return settings;
    }

    private static String consumer(String key) {
        return StreamsConfig.mainConsumerPrefix(key);
    }

    private static String producer(String key) {
        return StreamsConfig.producerPrefix(key);
    }
}
