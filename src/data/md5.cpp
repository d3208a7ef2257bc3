#include "data/md5.h"

#include <openssl/evp.h>

#include <memory>
#include <vector>

#include "core/check.h"
#include "data/file.h"

namespace cresset::data {

std::string md5_of_file(const std::string& path) {
  const File file = File::open_to_read(path);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  check<IoError>(context && EVP_DigestInit_ex(context.get(), EVP_md5(), nullptr) == 1,
                 "md5: must be available in OpenSSL to check {}", path);
  std::vector<unsigned char> buffer(std::size_t{1} << 18);
  while (const std::size_t n = file.read_some(buffer.data(), buffer.size()))
    EVP_DigestUpdate(context.get(), buffer.data(), n);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  EVP_DigestFinal_ex(context.get(), digest, &length);
  std::string text;
  for (unsigned int i = 0; i < length; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace cresset::data
