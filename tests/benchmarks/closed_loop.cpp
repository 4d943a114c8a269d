// The least a closed loop can cost: closed_loop MODEL DEVICE latency|throughput NIREQ SECONDS
// Several requests restart themselves in their callbacks; one is run synchronously, the fastest way for one. Nothing is
// recorded. Prints requests/s, and the median time of a request that runs alone, in us.
#include <openvino/openvino.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <random>
#include <thread>

using Clock = std::chrono::steady_clock;
static double seconds_since(Clock::time_point began) {
    return std::chrono::duration<double>(Clock::now() - began).count();
}

int main(int, char** argument) {
    const bool latency = std::string(argument[3]) == "latency";
    const int nireq = std::stoi(argument[4]);
    const double limit_s = std::stod(argument[5]);
    ov::Core core;
    auto compiled = core.compile_model(
        core.read_model(argument[1]), argument[2],
        ov::hint::performance_mode(latency ? ov::hint::PerformanceMode::LATENCY : ov::hint::PerformanceMode::THROUGHPUT),
        ov::hint::num_requests(nireq));
    std::mt19937 random(7);
    std::uniform_real_distribution<float> uniform;
    std::vector<ov::InferRequest> requests;
    for (int k = 0; k < nireq; ++k) {
        requests.push_back(compiled.create_infer_request());
        ov::Tensor input = requests[k].get_input_tensor();
        std::generate_n(input.data<float>(), input.get_size(), [&] { return uniform(random); });
    }
    std::vector<double> alone_us;
    for (auto began = Clock::now(); alone_us.size() < 20 || (alone_us.size() < 500 && seconds_since(began) < 0.3);) {
        const auto start = Clock::now();
        requests[0].infer();
        alone_us.push_back(seconds_since(start) * 1e6);
    }
    std::nth_element(alone_us.begin(), alone_us.begin() + alone_us.size() / 2, alone_us.end());
    std::atomic<long> done{0};
    std::atomic<bool> over{false};
    const auto began = Clock::now();
    if (nireq == 1) {
        for (; seconds_since(began) < limit_s; ++done)
            requests[0].infer();
    } else {
        for (auto& request : requests)
            request.set_callback([&done, &over, &request](std::exception_ptr error) {
                if (error) std::rethrow_exception(error);
                done.fetch_add(1, std::memory_order_relaxed);
                if (!over.load(std::memory_order_relaxed)) request.start_async();
            });
        for (auto& request : requests)
            request.start_async();
        std::this_thread::sleep_for(std::chrono::duration<double>(limit_s));
    }
    const long count = done;
    std::printf("%.1f %.2f\n", count / seconds_since(began), alone_us[alone_us.size() / 2]);
    std::fflush(stdout);
    over = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    std::_Exit(0);  // requests that are still in flight are not waited for
}
