/* CRC-32C (Castagnoli), as Kafka's record batches carry it: RFC 3720, appendix B.4; reflected polynomial 0x82F63B78.
   By the processor's instruction where it has one, by eight tables otherwise. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static uint32_t crc32c_tables[8][256];

static void crc32c_prepare(void) {
  for (uint32_t n = 0; n < 256; n++) {
    uint32_t crc = n;
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
    crc32c_tables[0][n] = crc;
  }
  for (uint32_t n = 0; n < 256; n++)
    for (int k = 1; k < 8; k++) {
      uint32_t before = crc32c_tables[k - 1][n];
      crc32c_tables[k][n] = (before >> 8) ^ crc32c_tables[0][before & 255];
    }
}

static uint32_t crc32c_by_tables(const uint8_t *data, size_t size) {
  uint32_t crc = 0xFFFFFFFFu;
  while (size >= 8) {
    uint32_t low = crc ^ ((uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24);
    crc = crc32c_tables[7][low & 255] ^ crc32c_tables[6][low >> 8 & 255] ^ crc32c_tables[5][low >> 16 & 255] ^
          crc32c_tables[4][low >> 24] ^ crc32c_tables[3][data[4]] ^ crc32c_tables[2][data[5]] ^
          crc32c_tables[1][data[6]] ^ crc32c_tables[0][data[7]];
    data += 8;
    size -= 8;
  }
  while (size--) crc = (crc >> 8) ^ crc32c_tables[0][(crc ^ *data++) & 255];
  return ~crc;
}

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
__attribute__((target("sse4.2"))) static uint32_t crc32c_by_instruction(const uint8_t *data, size_t size) {
  uint64_t crc = 0xFFFFFFFFu;
  while (size >= 8) {
    uint64_t word;
    memcpy(&word, data, 8);
    crc = __builtin_ia32_crc32di(crc, word);
    data += 8;
    size -= 8;
  }
  uint32_t rest = (uint32_t)crc;
  while (size--) rest = __builtin_ia32_crc32qi(rest, *data++);
  return ~rest;
}

static uint32_t crc32c(const uint8_t *data, size_t size) {
  return __builtin_cpu_supports("sse4.2") ? crc32c_by_instruction(data, size) : crc32c_by_tables(data, size);
}
#else
static uint32_t crc32c(const uint8_t *data, size_t size) { return crc32c_by_tables(data, size); }
#endif
